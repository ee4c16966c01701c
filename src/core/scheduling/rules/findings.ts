/** The invariants that scheduling keeps. */
import type { FindingRows } from '../../kernel/rules/finding.ts';

export const scheduleFindings = {
  ScheduleOverdue: {
    resourceType: 'Schedule',
    text: 'a schedule has not fired in time',
    whatToDo:
      'No replica fires schedules. Make sure that a replica with the role scheduler runs and reaches the database.',
    since: '0.1',
  },
  ScheduleWithoutNextFire: {
    resourceType: 'Schedule',
    text: 'an enabled schedule will never fire',
    whatToDo: 'The schedule is enabled and will never fire. Suspend and resume it: that computes its next slot.',
    since: '0.1',
  },
  FireWithoutOperation: {
    resourceType: 'Fire',
    text: 'a fire in the ledger has no Operation',
    whatToDo:
      'The ledger says that the slot was fired, but there is no Operation. Request a backup now, and find out what removed the Operation.',
    since: '0.1',
  },
  NextSlotTooLate: {
    resourceType: 'Schedule',
    text: 'the next slot of an enabled schedule is later than its recurrence says',
    whatToDo:
      'A wrong clock or a change by hand has pushed its next slot away. A replica with the role scheduler repairs it within a minute. If the finding stays, look for the task repair-next-slots in its log, or suspend and resume the schedule: that counts from now.',
    since: '0.1',
  },
  FireOfFutureSlot: {
    resourceType: 'Fire',
    text: 'the ledger accounts for a slot that has not come',
    whatToDo:
      'A wrong clock has accounted for the slot. A replica with the role scheduler takes it out of the ledger within a minute. If the finding stays, suspend and resume the schedule.',
    since: '0.1',
  },
} as const satisfies FindingRows;
