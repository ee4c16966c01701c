/** What a change of the clock does to the slots of an expression: for notes and warnings. */
import { cronOf } from './cron/cron.ts';
import { localText, wallText } from './local-time.ts';
import { leftOut, makesUp } from './recurrence.ts';
import { wallSlotFrom } from './wall-slots.ts';
import { clockChanges, stretchAt } from './zone-stretches.ts';

export interface MovedSlot {
  /** The local time that the clock leaves out. */
  readonly leftOut: string;
  /** The local time at which the slot fires instead, with its offset. */
  readonly firesAt: string;
  /** More than one slot is left out; all of them fire once. */
  readonly several: boolean;
}

/** For a slot that fires after the gap in which its local time lies; `undefined` for any other. */
export function movedSlotAt(expression: string, timeZone: string, at: number): MovedSlot | undefined {
  const cron = cronOf(expression);
  const stretch = stretchAt(timeZone, at);
  const wall = stretch.from === at && makesUp(cron, stretch) ? leftOut(cron, stretch) : undefined;
  if (wall === undefined) return undefined;
  const following = wallSlotFrom(cron, wall + 1) ?? Number.POSITIVE_INFINITY;
  return {
    leftOut: wallText(wall),
    firesAt: localText(at, timeZone),
    several: following < stretch.from + stretch.offset,
  };
}

/** The first slot from `from` to `until` that a change of the clock moves. */
export function nextMovedSlot(
  expression: string,
  timeZone: string,
  from: number,
  until: number,
): MovedSlot | undefined {
  for (const { at } of clockChanges(timeZone, from, until)) {
    const moved = movedSlotAt(expression, timeZone, at);
    if (moved !== undefined) return moved;
  }
  return undefined;
}

/** Which pass of a local time that comes twice; `undefined` when it comes once. */
export function passOf(timeZone: string, at: number): 'First' | 'Second' | undefined {
  const stretch = stretchAt(timeZone, at);
  const { from, to, offset, before = offset } = stretch;
  if (at < from + before - offset) return 'Second';
  const next = stretchAt(timeZone, to);
  return at + offset >= to + next.offset ? 'First' : undefined;
}
