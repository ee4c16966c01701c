/** Schedules that cannot be fired as they are stored: the event, and what people are told to do. */
import type { NewEvent } from '../../../kernel/rules/event.ts';
import { scheduleEvent } from '../reasons.ts';

const heldAdvice =
  'Its slots wait. Change what is wrong (changeSchedule), and the scheduler looks at it at once; else it tries again by itself.';

export function heldEvent(about: Omit<NewEvent, 'type' | 'reason' | 'message'>, message: string): NewEvent {
  return scheduleEvent('Held', { ...about, message: `The schedule is passed over. ${message} ${heldAdvice}` });
}
