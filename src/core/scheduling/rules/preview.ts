/** The next fires of a schedule: the slot, when it is due, how long the copy is kept, and notes on anything special. */
import { z } from 'zod';
import { type ResolvedTtl, TtlSource } from '../../applications/rules/retention.ts';
import { expiry, Ttl } from '../../kernel/rules/duration.ts';
import { Instant } from '../../kernel/rules/fields.ts';
import type { Paced } from '../../kernel/rules/paced.ts';
import { localParts, localText, weekdays } from '../../time/rules/local-time.ts';
import { movedSlotAt, passOf } from '../../time/rules/moved-slots.ts';
import { slotAfter } from '../../time/rules/slots.ts';
import { type BlackoutWindow, blackoutAt } from './blackout.ts';
import type { Hold } from './holds.ts';
import { dueAt, type Schedule } from './schedule.ts';

export const PreviewedFire = z
  .object({
    scheduledFor: Instant.describe('The slot.'),
    dueAt: Instant.describe('When the slot is due: its time plus the place of the schedule in its spread.'),
    localTime: z
      .string()
      .describe('The slot in the local time of the time zone, without seconds, with its offset from UTC.')
      .meta({ example: '2026-10-25T02:30+02:00' }),
    weekday: z.enum(weekdays).describe('The day of the week of localTime.'),
    ttl: Ttl,
    ttlSource: TtlSource,
    expiresAt: Instant.describe(
      'When the copy would expire. This is an estimate: Velero deletes an expired copy up to an hour later.',
    ),
    notes: z
      .array(z.string())
      .describe(
        'Notes on daylight saving changes, blackout windows, spread, and what holds the slot back as things stand.',
      ),
  })
  .meta({ id: 'PreviewedFire', description: 'A future fire, as things stand now.' });
export type PreviewedFire = z.infer<typeof PreviewedFire>;

type Previewed = Pick<
  Schedule,
  'id' | 'clusterId' | 'organizationId' | 'schedule' | 'at' | 'timeZone' | 'startsAt' | 'endsAt' | 'spreadSeconds'
>;

export function* preview(
  schedule: Previewed,
  resolved: ResolvedTtl,
  windows: readonly BlackoutWindow[],
  now: string,
  count: number,
  holds: readonly Hold[] = [],
): Paced<PreviewedFire[]> {
  const fires: PreviewedFire[] = [];
  let slot = slotAfter(schedule, now);
  while (slot !== undefined && fires.length < count) {
    const due = dueAt(schedule, slot);
    fires.push({
      scheduledFor: slot,
      dueAt: due,
      localTime: localText(Date.parse(slot), schedule.timeZone),
      weekday: localParts(Date.parse(slot), schedule.timeZone).weekday,
      ...resolved,
      expiresAt: expiry(due, resolved),
      notes: [
        ...clockNotes(schedule, slot),
        ...blackoutNotes(schedule, windows, due),
        ...holdNotes(holds, fires.length === 0),
        ...(due === slot ? [] : [`Spread: due ${(Date.parse(due) - Date.parse(slot)) / 1000} s after the slot.`]),
      ],
    });
    slot = slotAfter(schedule, slot);
    yield;
  }
  return fires;
}

/** A slot that a change of the clock moves, and one whose local time comes twice. */
function clockNotes({ schedule, timeZone }: Previewed, slot: string): readonly string[] {
  const at = Date.parse(slot);
  const moved = schedule === undefined ? undefined : movedSlotAt(schedule, timeZone, at);
  if (moved !== undefined)
    return [`The clocks go forward: ${moved.leftOut} does not exist, and its slot fires at ${moved.firesAt}.`];
  switch (passOf(timeZone, at)) {
    case 'First':
      return [`The clocks go back: ${localText(at, timeZone).slice(0, 16)} comes twice, this is its first pass.`];
    case 'Second':
      return [
        `The clocks have gone back: ${localText(at, timeZone).slice(0, 16)} comes twice, this is its second pass.`,
      ];
    case undefined:
      return [];
  }
}

function blackoutNotes(schedule: Previewed, windows: readonly BlackoutWindow[], due: string): readonly string[] {
  const blackout = blackoutAt(windows, schedule, due);
  if (blackout === undefined) return [];
  return [
    blackout.behavior === 'Skip'
      ? `Skipped: in the blackout window "${blackout.name}".`
      : `Deferred to ${blackout.until} by the blackout window "${blackout.name}".`,
  ];
}

/** What waits passes, so only the next slot may have to wait for it. */
function holdNotes(holds: readonly Hold[], isNext: boolean): readonly string[] {
  return holds.flatMap(({ effect, reason }) => {
    if (effect === 'Skip') return [`Skipped as things stand (${reason}).`];
    return isNext ? [`Waits if this has not passed by then (${reason}).`] : [];
  });
}

const lookedAt = { count: 50, ms: 3 * 366 * 86_400_000 };

/** One warning when all of the next 50 slots of three years fall into windows that skip. */
export function blackoutWarnings(
  schedule: Previewed,
  windows: readonly BlackoutWindow[],
  now: string,
): readonly string[] {
  const names = new Set<string>();
  let slot = slotAfter(schedule, now);
  const until = slot === undefined ? 0 : Date.parse(slot) + lookedAt.ms;
  for (let count = 0; slot !== undefined && count < lookedAt.count && Date.parse(slot) <= until; count += 1) {
    const blackout = blackoutAt(windows, schedule, dueAt(schedule, slot));
    if (blackout?.behavior !== 'Skip') return [];
    names.add(`"${blackout.name}"`);
    slot = slotAfter(schedule, slot);
  }
  return names.size === 0
    ? []
    : [`All of its next slots are skipped by blackout windows (${[...names].join(', ')}): it never fires.`];
}
