/**
 * Warnings about a recurrence and about how long its copies are kept: it is accepted, but probably does not do what is
 * wanted. Schedules, protection plans, previews and changes all ask here.
 */
import { ttlHours } from '../../../kernel/rules/duration.ts';
import { longestGapMinutes } from '../../../time/rules/cadence.ts';
import { type Cron, cronOf, tidyCron } from '../../../time/rules/cron/cron.ts';
import { nextMovedSlot } from '../../../time/rules/moved-slots.ts';
import { countSlots, type Recurrence, slotBefore } from '../../../time/rules/slots.ts';
import { uncomputable } from '../broken/computable.ts';

const yearMs = 366 * 86_400_000;
const hourMs = 3_600_000;

/** About the recurrence alone. */
export function recurrenceWarnings({ schedule, timeZone, startsAt, endsAt }: Recurrence, now: string): string[] {
  if (schedule === undefined) return [];
  const cron = cronOf(schedule);
  const from = Math.max(Date.parse(now), Date.parse(startsAt ?? now));
  const until = Math.min(from + yearMs, endsAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(endsAt));
  return [
    ...eitherDay(cron, schedule),
    ...seldom(cron),
    ...(from < until ? moved(schedule, timeZone, from, until) : []),
  ];
}

function eitherDay({ day, weekday }: Cron, schedule: string): string[] {
  if (day.every || weekday.every) return [];
  const [, , days, , weekdays] = tidyCron(schedule).split(' ');
  return [
    `Day of month (${days}) and day of week (${weekdays}) are both restricted: it fires on each day that matches either of them, not only on days that match both.`,
  ];
}

/** Some years and months have no day 29, 30 or 31. */
function seldom({ months, weekday, daysOf }: Cron): string[] {
  if (!weekday.every) return [];
  const [inCommon, inLeap] = [2027, 2028].map(
    (year) => [...months].filter((month) => daysOf(year, month - 1) !== 0).length,
  );
  if (inCommon === months.size) return [];
  return inCommon === 0
    ? [`It fires only in leap years, ${inLeap === 1 ? 'in one month' : `in ${inLeap} months`} of them.`]
    : [
        `It fires in only ${inCommon} of its ${months.size} months: the others have no such day. As a day of month, L is the last day of each.`,
      ];
}

function moved(schedule: string, timeZone: string, from: number, until: number): string[] {
  const next = nextMovedSlot(schedule, timeZone, from, until);
  if (next === undefined) return [];
  const { leftOut, firesAt, several } = next;
  const [date = '', time = ''] = leftOut.split('T');
  const slots = several
    ? `${time} and later slots do not exist, and fire once`
    : `${time} does not exist, and its slot fires`;
  return [`On ${date} the clocks of ${timeZone} go forward: ${slots}, at ${firesAt.slice(11)}.`];
}

export interface ShortRetention {
  /** true: there are times without any copy. false: there are when one run fails. */
  readonly leavesNone: boolean;
  readonly detail: string;
}

/** Whether a copy lasts until the next one is there, at the longest time between two slots; `undefined` when it does, twice. */
export function shortRetention(schedule: string, ttl: string): ShortRetention | undefined {
  const gap = longestGapMinutes(schedule);
  const kept = ttlHours(ttl) * 60;
  if (gap === undefined || kept >= 2 * gap) return undefined;
  const [least, better] = [`${Math.ceil(gap / 60)}h`, `${Math.ceil((2 * gap) / 60)}h`];
  return kept < gap
    ? {
        leavesNone: true,
        detail: `(${ttl}) is shorter than the longest time between slots (${least}): there would be times without any copy. Make it at least ${least}, better ${better}, or let it fire more often.`,
      }
    : {
        leavesNone: false,
        detail: `(${ttl}) is shorter than twice the longest time between slots (${least}): one failed run leaves no copy. Better ${better}. Velero deletes an expired copy whether or not there is a newer one.`,
      };
}

const manyCopies = 1_000;

/** About how long its copies are kept, with the ttl that holds in the end. */
export function retentionWarnings(recurrence: Recurrence, ttl: string, now: string): string[] {
  const { schedule } = recurrence;
  if (schedule === undefined || uncomputable(recurrence) !== undefined) return [];
  const short = shortRetention(schedule, ttl);
  const copies = countSlots(recurrence, now, new Date(Date.parse(now) + ttlHours(ttl) * hourMs).toISOString());
  return [
    ...(short === undefined ? [] : [`ttl ${short.detail}`]),
    ...(copies <= manyCopies
      ? []
      : [
          `It keeps ${copies.toLocaleString('en-US')} copies at a time (ttl ${ttl}). Velero becomes slow with thousands of backups: keep them for less time, or let it fire less often.`,
        ]),
  ];
}

type Moved = Recurrence & { readonly createdAt: string; readonly nextSlotAt?: string | undefined };

/** About the time between the last slot of the recurrence before, if the schedule existed then, and the next one. */
export function moveWarnings(known: Moved, changed: Moved, now: string): string[] {
  const last = uncomputable(known) === undefined ? slotBefore(known, now) : undefined;
  const { nextSlotAt } = changed;
  if (last === undefined || last < known.createdAt || nextSlotAt === undefined || nextSlotAt <= now) return [];
  const gaps = [known, changed].map(({ schedule }) =>
    schedule === undefined ? undefined : longestGapMinutes(schedule),
  );
  const longest = Math.max(...gaps.map((gap) => gap ?? 0)) / 60;
  const hours = (Date.parse(nextSlotAt) - Date.parse(last)) / hourMs;
  if (longest === 0 || hours <= 1.5 * longest) return [];
  return [
    `Between the last slot (${last}) and the next one (${nextSlotAt}) lie ${Math.round(hours)} h; otherwise at most ${Math.ceil(longest)} h lie between two. Trigger the schedule if there should be a copy in between.`,
  ];
}

/** The same of the schedules that follow a protection plan, each once, with the names of their entries. */
export function moveWarningsOfPlan(
  known: readonly (Moved & { readonly id: string })[],
  changed: readonly (Moved & { readonly id: string; readonly protectionPlanEntry?: string | undefined })[],
  now: string,
): readonly string[] {
  const before = new Map(known.map((each) => [each.id, each]));
  const warnings = changed.flatMap((each) => {
    const was = before.get(each.id);
    const moved = was !== undefined && recurs.some((key) => was[key] !== each[key]);
    return moved ? moveWarnings(was, each, now).map((warning) => `${each.protectionPlanEntry}: ${warning}`) : [];
  });
  return [...new Set(warnings)].slice(0, maxOfPlan);
}

const recurs = ['schedule', 'timeZone'] as const;
const maxOfPlan = 20;
