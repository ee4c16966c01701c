/**
 * The gap that a clock leaves when it is put forward: wall times that it never shows. A slot in the gap fires at the
 * first instant after it. That may be on the next day: in America/Nuuk, 23:30 of one Saturday in March does not exist.
 */
import { offsetMinutes } from './local-time.ts';

const minuteMs = 60_000;
/** No zone changes its clock twice within this time, and none is this far from UTC. */
const reachMs = 2 * 24 * 60 * minuteMs;

/**
 * The first instant after the gap that contains the wall time; `undefined` outside of a gap. `wallMs` is read as if in
 * UTC.
 */
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

/** The wall time at `at`, in milliseconds as if it were in UTC. */
export function wallMsAt(at: number, timeZone: string): number {
  return at + offsetMinutes(at, timeZone) * minuteMs;
}
