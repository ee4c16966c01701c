/** The reasons of the events that schedules record. Suspended and Resumed are the kernel's. */
import { clip } from '../../kernel/rules/condition.ts';
import { type EventRows, eventsIn, kernelEvents, type NewEvent } from '../../kernel/rules/event.ts';
import type { Schedule } from './schedule.ts';

export const scheduleEvents = {
  ScheduleCreated: {
    type: 'Normal',
    text: 'A person, a program or a protection plan made the schedule.',
    since: '0.1',
  },
  ScheduleChanged: {
    type: 'Normal',
    text: 'A person, a program or a protection plan changed the schedule; the message names the fields.',
    since: '0.1',
  },
  ScheduleRemoved: {
    type: 'Normal',
    text: 'A person, a program or a protection plan removed the schedule. Its ledger and its copies stay.',
    since: '0.1',
  },
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
const turned = eventsIn(kernelEvents);

type Named = Pick<Schedule, 'id' | 'organizationId' | 'clusterId' | 'applicationInstanceId'>;

/** The ids that an event of the schedule itself carries. */
function aboutSchedule({ id: scheduleId, organizationId, clusterId, applicationInstanceId }: Named) {
  return { scheduleId, organizationId, clusterId, applicationInstanceId };
}

/** An event in the history of the schedule itself. */
export function eventOfSchedule(
  schedule: Named,
  reason: keyof typeof scheduleEvents | keyof typeof kernelEvents,
  message: string,
  at: string,
): NewEvent {
  const fields = { ...aboutSchedule(schedule), message: clip(message), at };
  return reason === 'Suspended' || reason === 'Resumed' ? turned(reason, fields) : scheduleEvent(reason, fields);
}

/** The fields by which people know a schedule. Times that firing moves on are not among them. */
const shown = [
  'displayName',
  'schedule',
  'at',
  'timeZone',
  'startsAt',
  'endsAt',
  'spreadSeconds',
  'concurrencyPolicy',
  'startingDeadlineSeconds',
  'missedFires',
  'failurePolicy',
  'cadence',
  'ttl',
  'template',
  'protectionPlanId',
  'protectionPlanEntry',
] as const satisfies readonly (keyof Schedule)[];

/** `ttl 720h → 48h, timeZone …`; `undefined` when no field differs. */
export function changedFields(before: Schedule, after: Schedule): string | undefined {
  const text = (value: unknown) =>
    value === undefined ? 'none' : typeof value === 'string' ? value : JSON.stringify(value);
  const changed = shown
    .filter((field) => text(before[field]) !== text(after[field]))
    .map((field) => `${field} ${text(before[field])} → ${text(after[field])}`);
  return changed.length === 0 ? undefined : changed.join(', ');
}
