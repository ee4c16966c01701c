/**
 * The hole that a clock put forward leaves: wall times that no clock of the zone ever shows. A slot in it is made up for
 * at the first instant after it, on the next day if the hole reaches to midnight (America/Nuuk, where 23:30 of a
 * Saturday in March does not exist).
 */
import { offsetMinutes } from './local-time.ts';

const minuteMs = 60_000;
/** Two changes of one zone's clock are never this close, and no place is this far from UTC. */
const reachMs = 2 * 24 * 60 * minuteMs;

/** `wallMs` is a wall time read as if in UTC. The first instant after the gap that it is in; `undefined` outside of one. */
export function endOfGap(wallMs: number, timeZone: string): number | undefined {
  const offsetBefore = offsetMinutes(wallMs - reachMs, timeZone);
  const offsetAfter = offsetMinutes(wallMs + reachMs, timeZone);
  if (offsetAfter <= offsetBefore) return undefined;
  let before = wallMs - offsetAfter * minuteMs;
  let after = wallMs - offsetBefore * minuteMs;
  if (offsetMinutes(before, timeZone) !== offsetBefore || offsetMinutes(after, timeZone) !== offsetAfter) {
    return undefined;
  }
  while (after - before > 1_000) {
    const middle = before + Math.floor((after - before) / 2_000) * 1_000;
    if (offsetMinutes(middle, timeZone) === offsetBefore) before = middle;
    else after = middle;
  }
  return after;
}

/** What the wall shows at `at`, as if it were in UTC. */
export function wallMsAt(at: number, timeZone: string): number {
  return at + offsetMinutes(at, timeZone) * minuteMs;
}
