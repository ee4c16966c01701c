/** The reasons of the events that schedules record. Suspended and Resumed are the kernel's. */
import { type EventRows, eventsIn } from '../../kernel/rules/event.ts';

export const scheduleEvents = {
  SuspendedByFailures: {
    type: 'Warning',
    text: 'Operations of the schedule failed in a row, so its failurePolicy suspended it.',
    since: '0.1',
  },
  FailuresInARow: {
    type: 'Warning',
    text: 'Operations of the schedule failed in a row, and its failurePolicy asks for an alert.',
    since: '0.1',
  },
  NextSlotRepaired: {
    type: 'Warning',
    text: 'The next slot of the schedule was later than its recurrence says, for example because a clock was wrong. The service has repaired it.',
    since: '0.1',
  },
  Held: {
    type: 'Warning',
    text: 'The schedule cannot be fired as it is stored, so it is passed over until it is changed. Its slots wait.',
    since: '0.1',
  },
} as const satisfies EventRows;

export const scheduleEvent = eventsIn(scheduleEvents);
