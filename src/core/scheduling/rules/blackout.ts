/**
 * Blackout windows: local times of a time zone in which nothing fires for an organization, a cluster or a schedule. A
 * slot in a window waits for its end, or is skipped. The ledger says which.
 */
import { z } from 'zod';
import { DisplayName, Id, Instant, Revision } from '../../kernel/rules/fields.ts';
import { ruleViolated } from '../../kernel/rules/problem.ts';
import { localParts, weekdays } from '../../time/rules/local-time.ts';
import { GivenTimeZone, TimeZone } from '../../time/rules/time-zone.ts';

const LocalTime = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a local time, 00:00 to 23:59')
  .meta({ id: 'LocalTime', description: 'A local time of day, hours and minutes.', example: '22:00' });

const Weekdays = z
  .array(z.enum(weekdays))
  .max(7)
  .meta({ id: 'Weekdays', description: 'Days on which the window begins. Empty: every day.' });

const BlackoutBehavior = z.enum(['Defer', 'Skip']).meta({
  id: 'BlackoutBehavior',
  description:
    'Defer: a slot that is due in the window waits for its end. Skip: the slot is skipped, and the ledger says so.',
});

const shape = {
  name: DisplayName.describe('Unique in the organization.'),
  clusterId: Id.optional().describe('The window is only for schedules of this cluster.'),
  scheduleId: Id.optional().describe('The window is only for this schedule.'),
  timeZone: TimeZone,
  days: Weekdays,
  from: LocalTime.describe('When the window begins.'),
  to: LocalTime.describe('When the window ends. A time before `from` is on the next day.'),
  behavior: BlackoutBehavior,
};

export const BlackoutWindow = z
  .object({ id: Id, organizationId: Id, ...shape, createdAt: Instant, updatedAt: Instant, revision: Revision })
  .meta({
    id: 'BlackoutWindow',
    description: 'A time in which nothing fires for the organization, a cluster, or a schedule.',
  });
export type BlackoutWindow = z.infer<typeof BlackoutWindow>;

export const NewBlackoutWindow = z
  .strictObject({
    ...shape,
    timeZone: GivenTimeZone.optional().meta({ default: 'Etc/UTC' }),
    days: Weekdays.optional().meta({ default: [] }),
    behavior: BlackoutBehavior.optional().meta({ default: 'Defer' }),
  })
  .meta({ id: 'NewBlackoutWindow', description: 'A window to create.' });
export type NewBlackoutWindow = z.infer<typeof NewBlackoutWindow>;

/** Refuses a window without a length, and one for a cluster and a schedule at once. */
export function checkWindow(window: Pick<BlackoutWindow, 'from' | 'to' | 'clusterId' | 'scheduleId'>): void {
  if (window.from === window.to)
    throw ruleViolated(
      '/to',
      'must differ from `from`: such a window would last no time at all, or always. To stop everything, suspend.',
    );
  if (window.clusterId !== undefined && window.scheduleId !== undefined) {
    throw ruleViolated('/scheduleId', 'give clusterId or scheduleId, but not both.');
  }
}

/** The window, or an error when it cannot be judged: its zone is not known here any more. */
export function usableWindow(window: BlackoutWindow): BlackoutWindow {
  localParts(0, window.timeZone);
  return window;
}

const dayMinutes = 1440;
const minutesOf = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

/** The end of the window that `at` is in, or `undefined` when it is in none. */
function windowEnd(window: Pick<BlackoutWindow, 'timeZone' | 'days' | 'from' | 'to'>, at: string): string | undefined {
  const local = localParts(Date.parse(at), window.timeZone);
  const minute = local.hour * 60 + local.minute;
  const from = minutesOf(window.from);
  const to = minutesOf(window.to);
  const overnight = to < from;
  const inside = overnight ? minute >= from || minute < to : minute >= from && minute < to;
  if (!inside) return undefined;
  const begunYesterday = overnight && minute < to;
  const day = weekdays[(weekdays.indexOf(local.weekday) + (begunYesterday ? 6 : 0)) % 7];
  if (window.days.length > 0 && day !== undefined && !window.days.includes(day)) return undefined;
  const left = (to - minute + dayMinutes) % dayMinutes;
  const startOfMinute = Math.floor(Date.parse(at) / 60_000) * 60_000;
  return new Date(startOfMinute + left * 60_000).toISOString();
}

export interface Blackout {
  readonly behavior: BlackoutWindow['behavior'];
  readonly name: string;
  readonly until: string;
}

/** The window that holds for this schedule at `at`. Skip goes over Defer, and among equals the latest end counts. */
export function blackoutAt(
  windows: readonly BlackoutWindow[],
  schedule: { id: string; clusterId: string; organizationId: string },
  at: string,
): Blackout | undefined {
  let found: Blackout | undefined;
  for (const window of windows) {
    if (window.organizationId !== schedule.organizationId) continue;
    if (window.clusterId !== undefined && window.clusterId !== schedule.clusterId) continue;
    if (window.scheduleId !== undefined && window.scheduleId !== schedule.id) continue;
    const until = windowEnd(window, at);
    if (until === undefined) continue;
    const { behavior, name } = window;
    const stronger =
      found === undefined ||
      (behavior === 'Skip' && found.behavior === 'Defer') ||
      (behavior === found.behavior && until > found.until);
    if (stronger) found = { behavior, name, until };
  }
  return found;
}
