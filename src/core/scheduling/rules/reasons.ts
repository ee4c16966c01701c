/** The reasons of the events that schedules record, beside Suspended and Resumed of the kernel. */
import type { EventRows } from '../../kernel/rules/event.ts';

export const scheduleEvents = {
  SuspendedByFailures: {
    type: 'Warning',
    text: 'Its Operations kept failing, so failurePolicy suspended it.',
    since: '0.1',
  },
  FailuresInARow: {
    type: 'Warning',
    text: 'Its Operations keep failing; failurePolicy asks for an alert.',
    since: '0.1',
  },
} as const satisfies EventRows;
