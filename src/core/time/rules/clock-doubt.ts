/**
 * Whether the database's clock, which rules go by, is believed. Pure: what was known before and one look at the clocks
 * in, a verdict with its reason out.
 *
 *   Believed   rules go by the database's clock
 *   Doubted    nothing that depends on the time is done, for ten minutes at most
 *   Disputed   the ten minutes are over: work goes on by the time that most clocks show, and this is reported
 *
 * A doubt begins in three ways only. `Jumped`: between two looks the clock went further or less far than this process'
 * monotonic clock, or it did not keep step with it for a minute. `Contradicted`: two others or more show one other time, and they outnumber those that agree with it.
 * `Gap`: at a start it is more than an hour after the last tick, or before it, and no other clock confirms that. It ends
 * when the clock has agreed with most others, without a jump, for a minute.
 *
 * After a jump the time that ran on evenly from what was believed last is one more witness. So is, at a start, the last
 * tick: it speaks for a clock that is within an hour after it. Without a majority the time that ran on counts, and where
 * there is none, the database's.
 */

import { type ClockLook, type ClockReading, type Votes, votesOn } from './clock-votes.ts';

/** A clock that goes further or less far than this at once has jumped, in milliseconds. */
const jumpMs = 10_000;
export const evenlyMs = 60_000;
export const longestDoubtMs = 600_000;
const gapMs = 3_600_000;
/** A clock is compared with the monotonic one over so long, so that one that stands still or races is seen too. */
const comparedMs = 60_000;
/** A clock that is being corrected gently runs faster or slower by this part, and is believed. */
const driftPart = 0.001;

export type DoubtReason = 'Jumped' | 'Contradicted' | 'Gap';

interface Doubt {
  readonly reason: DoubtReason;
  /** By the monotonic clock, as all times of this file without an offset. */
  readonly since: number;
  /** Since when the clock has agreed with most others and not jumped. */
  readonly evenSince: number | undefined;
}

/** An `offset` is how far a clock is ahead of this process' monotonic clock, in milliseconds. */
export interface ClockState {
  /** Of the time that ran on evenly from what was believed last; absent before anything was believed. */
  readonly ranOnOffset?: number | undefined;
  readonly comparedWith?: { readonly at: number; readonly offset: number; readonly uncertainMs: number } | undefined;
  readonly lastTickOffset?: number | undefined;
  readonly doubt?: Doubt | undefined;
}

export interface ClockVerdict {
  readonly kind: 'Believed' | 'Doubted' | 'Disputed';
  readonly reason?: DoubtReason | undefined;
  /** For people. Empty while the clock is believed. */
  readonly message: string;
  /** What is added to the database's clock for the time that rules go by. */
  readonly correctionMs: number;
}

export interface Judged {
  readonly state: ClockState;
  readonly verdict: ClockVerdict;
}

/** What is known at a start. `lastTickAgoMs`: the database's clock less the last tick that it keeps, if it keeps one. */
export function stateAtStart(look: ClockLook, lastTickAgoMs: number | undefined): ClockState {
  return lastTickAgoMs === undefined ? {} : { lastTickOffset: offsetOf(look) - lastTickAgoMs };
}

export function judgeClock(state: ClockState, look: ClockLook): Judged {
  const jumped = hasJumped(state, look);
  const votes = votesOn(look, witnessesOf(state, look, jumped));
  const doubt = doubtAfter(state, look, jumped, votes);
  const comparedWith = comparedNext(state, look, jumped);
  if (doubt === undefined)
    return {
      state: { ranOnOffset: offsetOf(look), comparedWith },
      verdict: { kind: 'Believed', message: '', correctionMs: 0 },
    };
  const isOver = look.at - doubt.since >= longestDoubtMs;
  const correctionMs = isOver || state.ranOnOffset === undefined ? byMajority(state, look, votes) : ranOn(state, look);
  return {
    state: {
      ...state,
      ranOnOffset: isOver ? offsetOf(look) + correctionMs : state.ranOnOffset,
      comparedWith,
      doubt,
    },
    verdict: {
      kind: isOver ? 'Disputed' : 'Doubted',
      reason: doubt.reason,
      message: messageOf(doubt.reason, votes),
      correctionMs,
    },
  };
}

function offsetOf({ databaseMs, at }: ClockLook): number {
  return databaseMs - at;
}

function hasJumped({ comparedWith: known }: ClockState, look: ClockLook): boolean {
  if (known === undefined) return false;
  const allowed = jumpMs + known.uncertainMs + look.uncertainMs + Math.abs(look.at - known.at) * driftPart;
  return Math.abs(offsetOf(look) - known.offset) > allowed;
}

function comparedNext({ comparedWith: known }: ClockState, look: ClockLook, jumped: boolean) {
  if (known !== undefined && !jumped && look.at - known.at < comparedMs) return known;
  return { at: look.at, offset: offsetOf(look), uncertainMs: look.uncertainMs };
}

/** The clocks of the look, and what is known of the time from before. */
function witnessesOf(state: ClockState, look: ClockLook, jumped: boolean): readonly ClockReading[] {
  if (state.ranOnOffset !== undefined)
    return jumped || state.doubt?.reason === 'Jumped'
      ? [...look.clocks, { name: 'the time before the jump', aheadMs: ranOn(state, look) }]
      : look.clocks;
  const { lastTickOffset } = state;
  if (lastTickOffset === undefined || !isGap(state, look)) return look.clocks;
  const sinceTick = (aheadMs: number) => offsetOf(look) + aheadMs - lastTickOffset;
  const spokenFor = look.clocks.find(({ aheadMs }) => sinceTick(aheadMs) >= -jumpMs && sinceTick(aheadMs) <= gapMs);
  return spokenFor === undefined
    ? look.clocks
    : [...look.clocks, { name: 'the last tick', aheadMs: spokenFor.aheadMs }];
}

function isGap({ lastTickOffset }: ClockState, look: ClockLook): boolean {
  if (lastTickOffset === undefined) return false;
  const sinceTick = offsetOf(look) - lastTickOffset;
  return sinceTick > gapMs || sinceTick < -jumpMs;
}

function doubtAfter(state: ClockState, look: ClockLook, jumped: boolean, votes: Votes): Doubt | undefined {
  const agreed = votes.forDatabase.length > 0 && votes.forDatabase.length + 1 > votes.against.length;
  const known = state.doubt;
  if (known === undefined) {
    const evenSince = agreed ? look.at : undefined;
    const begins = (reason: DoubtReason): Doubt => ({ reason, since: look.at, evenSince });
    if (jumped) return begins('Jumped');
    if (isOutvoted(votes)) return begins('Contradicted');
    return isGap(state, look) && !agreed ? begins('Gap') : undefined;
  }
  const reason = jumped ? 'Jumped' : known.reason;
  const sinceBefore = jumped ? undefined : known.evenSince;
  const evenSince = agreed ? (sinceBefore ?? look.at) : undefined;
  if (evenSince !== undefined && look.at - evenSince >= evenlyMs) return undefined;
  return { reason, since: known.since, evenSince };
}

/** More clocks show one other time than the database's, which is its own witness: so two at least. */
function isOutvoted({ forDatabase, against }: Votes): boolean {
  return against.length > forDatabase.length + 1;
}

function ranOn({ ranOnOffset }: ClockState, look: ClockLook): number {
  return ranOnOffset === undefined ? 0 : ranOnOffset - offsetOf(look);
}

function byMajority(state: ClockState, look: ClockLook, votes: Votes): number {
  const { forDatabase, against, aheadMs } = votes;
  const runsOn = ranOn(state, look);
  // The time does not wander with the readings of those that agree on it.
  if (isOutvoted(votes))
    return state.ranOnOffset !== undefined && Math.abs(aheadMs - runsOn) <= jumpMs ? runsOn : aheadMs;
  return forDatabase.length + 1 > against.length ? 0 : runsOn;
}

function messageOf(reason: DoubtReason, { forDatabase, against, aheadMs }: Votes): string {
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  const others =
    against.length === 0 ? '' : ` By ${against.join(', ')} it is ${seconds} s ${aheadMs < 0 ? 'earlier' : 'later'}.`;
  const agreeing =
    forDatabase.length === 0 ? ' Nothing agrees with it.' : ` It agrees with: ${forDatabase.join(', ')}.`;
  return `${begun[reason]}${others}${agreeing}`;
}

const begun = {
  Jumped: "The database's clock has jumped.",
  Contradicted: "Other clocks contradict the database's.",
  Gap: "The database's clock is far from the last tick, and no other clock has confirmed it for a minute.",
} as const satisfies Record<DoubtReason, string>;
