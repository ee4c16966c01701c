/** The next fires of a schedule: the slot, when it is due, how long the copy is kept, and notes on anything special. */
import { z } from 'zod';
import { type ResolvedTtl, TtlSource } from '../../applications/rules/retention.ts';
import { expiry, Ttl } from '../../kernel/rules/duration.ts';
import { Instant } from '../../kernel/rules/fields.ts';
import { wallClock } from '../../time/rules/local-time.ts';
import { slotAfter } from '../../time/rules/slots.ts';
import { type BlackoutWindow, blackoutAt } from './blackout.ts';
import { dueAt, type Schedule } from './schedule.ts';

export const PreviewedFire = z
  .object({
    scheduledFor: Instant.describe('The slot.'),
    dueAt: Instant.describe('When the slot is due: its time plus the place of the schedule in its spread.'),
    localTime: z.string().describe('The slot in the local time of the time zone, without seconds.'),
    ttl: Ttl,
    ttlSource: TtlSource,
    expiresAt: Instant.describe(
      'When the copy would expire. This is an estimate: Velero deletes an expired copy up to an hour later.',
    ),
    notes: z.array(z.string()).describe('Notes on daylight saving changes, blackout windows and spread.'),
  })
  .meta({ id: 'PreviewedFire', description: 'A future fire, as things stand now.' });
export type PreviewedFire = z.infer<typeof PreviewedFire>;

type Previewed = Pick<
  Schedule,
  'id' | 'clusterId' | 'organizationId' | 'schedule' | 'at' | 'timeZone' | 'startsAt' | 'endsAt' | 'spreadSeconds'
>;

export function preview(
  schedule: Previewed,
  resolved: ResolvedTtl,
  windows: readonly BlackoutWindow[],
  now: string,
  count: number,
): readonly PreviewedFire[] {
  const fires: PreviewedFire[] = [];
  let slot = slotAfter(schedule, now);
  while (slot !== undefined && fires.length < count) {
    const due = dueAt(schedule, slot);
    fires.push({
      scheduledFor: slot,
      dueAt: due,
      localTime: wallClock(Date.parse(slot), schedule.timeZone),
      ...resolved,
      expiresAt: expiry(due, resolved.ttl),
      notes: [
        ...clockNotes(schedule, slot),
        ...blackoutNotes(schedule, windows, due),
        ...(due === slot ? [] : [`Spread: due ${(Date.parse(due) - Date.parse(slot)) / 1000} s after the slot.`]),
      ],
    });
    slot = slotAfter(schedule, slot);
  }
  return fires;
}

const minuteMs = 60_000;

/** Notes for a slot whose local time the clocks skip, or show twice. */
function clockNotes({ timeZone }: Previewed, slot: string): readonly string[] {
  const at = Date.parse(slot);
  const shown = wallClock(at, timeZone);
  const notes: string[] = [];
  for (const minutes of [30, 60, 120]) {
    if (wallClock(at + minutes * minuteMs, timeZone) === shown)
      notes.push(`The clocks go back: ${shown} comes twice, this is its first pass.`);
    if (wallClock(at - minutes * minuteMs, timeZone) === shown)
      notes.push(`The clocks have gone back: ${shown} comes twice, this is its second pass.`);
  }
  const before = wallClock(at - minuteMs, timeZone);
  const jump = (Date.parse(`${shown}Z`) - Date.parse(`${before}Z`)) / minuteMs;
  if (jump > 1)
    notes.push(
      `The clocks go forward at this moment: times between ${before} and ${shown} do not exist, and slots in them fire now.`,
    );
  return notes;
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

const lookedAtCount = 50;

/** One warning when all of the next 50 slots fall into windows that skip. */
export function blackoutWarnings(
  schedule: Previewed,
  windows: readonly BlackoutWindow[],
  now: string,
): readonly string[] {
  const names = new Set<string>();
  let slot = slotAfter(schedule, now);
  for (let count = 0; slot !== undefined && count < lookedAtCount; count += 1) {
    const blackout = blackoutAt(windows, schedule, dueAt(schedule, slot));
    if (blackout?.behavior !== 'Skip') return [];
    names.add(`"${blackout.name}"`);
    slot = slotAfter(schedule, slot);
  }
  return names.size === 0
    ? []
    : [`All of its next slots are skipped by blackout windows (${[...names].join(', ')}): it never fires.`];
}
