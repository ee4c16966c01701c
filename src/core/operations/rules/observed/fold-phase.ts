/**
 * What a stated phase changes in the record: phase, start, end, expiry, contradiction, and our own conditions.
 *
 * A phase never goes back, and a terminal phase never changes. When the cluster states another terminal phase than
 * ours, that contradiction is kept beside our phase, as it is when it states two ends at once. A Backup that succeeded
 * in its cluster has a copy, which expires, whichever phase we recorded.
 *
 * After an end the times stand, because an operator looks at what has ended again and states other times each time.
 * An end is the time of its condition, because those looks move `finishedAt` also while nobody watches.
 * They change once, by better knowledge: an end that was only posted, and then a whole status states it. A start that
 * was posted late is taken as well. A start is never after its end. That the operator has put an ended resource back among
 * those in flight is kept apart (`inFlightInCluster`).
 */

import type { Condition } from '../../../kernel/rules/condition.ts';
import { endNow } from '../end-operation.ts';
import { type Contradiction, type InFlight, isTerminal, type Phase } from '../operation.ts';
import { expiryOf } from './expiry-of.ts';
import type { KnownOperation } from './observation.ts';
import { type ObservedStatus, phaseMessage } from './observed-status.ts';
import { withOwnConditions } from './own-conditions.ts';

const rank = { Pending: 0, Running: 1, Succeeded: 2, Failed: 2, Cancelled: 2 } as const satisfies Record<Phase, number>;

export interface StatedPhase {
  readonly phase: Phase;
  /** True for single conditions. They take nothing back: absent fields keep their values. */
  readonly single?: boolean;
  readonly status: ObservedStatus;
  /** The cluster's reason and message. */
  readonly message: string;
}

/** `next` has the conditions and fields that the cluster states; `before` is the record until now. */
export function withPhase(
  next: KnownOperation,
  before: KnownOperation,
  stated: StatedPhase,
  now: string,
): KnownOperation {
  const { contradiction: _, expiresAt: __, startedAt: ___, finishedAt: ____, ...others } = next;
  const { endIsPosted: _____, inFlightInCluster: ______, ...rest } = others;
  const phase = !isTerminal(before.phase) && rank[stated.phase] > rank[before.phase] ? stated.phase : before.phase;
  const contradiction = contradictionOf(before, { phase, stated, conditions: next.conditions }, now);
  const { startedAt, finishedAt, endIsPosted } = timesOf(before, { phase, stated, conditions: next.conditions }, now);
  const inFlightInCluster = inFlightOf(before, stated, now);
  const expiresAt = expiryOf(before, { next, phase, contradiction, startedAt, statedStart: stated.status.startedAt });
  return {
    ...rest,
    phase,
    conditions: withOwnConditions(
      next,
      before,
      { phase, statedPhase: stated.phase, isDeleting: next.deletingSince !== undefined },
      now,
    ),
    ...(startedAt !== undefined && { startedAt }),
    ...(finishedAt !== undefined && { finishedAt }),
    ...(contradiction !== undefined && { contradiction }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(inFlightInCluster !== undefined && { inFlightInCluster }),
    ...(endIsPosted && { endIsPosted }),
  };
}

/** What is stated, the phase that the record has after it, and the conditions that the cluster has stated. */
interface Told {
  readonly phase: Phase;
  readonly stated: StatedPhase;
  readonly conditions: readonly Condition[];
}

interface Times {
  readonly startedAt: string | undefined;
  readonly finishedAt: string | undefined;
  readonly endIsPosted: boolean;
}

function timesOf(before: KnownOperation, { phase, stated, conditions }: Told, now: string): Times {
  const { status, single = false } = stated;
  const hasEnded = isTerminal(before.phase);
  const isCorrected = before.endIsPosted === true && !single && stated.phase === phase;
  if (hasEnded && !isCorrected) {
    const startedAt = before.startedAt ?? (single ? notAfter(before.finishedAt, status.startedAt) : undefined);
    return { startedAt, finishedAt: before.finishedAt, endIsPosted: before.endIsPosted === true };
  }
  const takenBack = single || isCorrected ? before.startedAt : undefined;
  const began = single ? (takenBack ?? status.startedAt) : (status.startedAt ?? takenBack);
  if (!isTerminal(phase)) return { startedAt: began, finishedAt: before.finishedAt, endIsPosted: false };
  const statedEnd = endOf(status.finishedAt, sinceOf(phase, conditions), began);
  const finishedAt = statedEnd ?? before.finishedAt ?? endNow({ startedAt: began }, now);
  const ofAnotherRun = began !== undefined && notAfter(finishedAt, began) === undefined;
  const startedAt = ofAnotherRun ? notAfter(finishedAt, before.startedAt) : began;
  return { startedAt, finishedAt, endIsPosted: single };
}

/**
 * The end that is stated. Each look of the operator at what has ended moves `finishedAt`, also while nobody watches. The
 * time of the condition moves with its status alone, so it is the end, unless it is of a run before this one.
 */
function endOf(finishedAt: string | undefined, since: string | undefined, began: string | undefined) {
  return notAfter(finishedAt, since) !== undefined && notAfter(since, began) === began ? since : (finishedAt ?? since);
}

/** The start, unless it is after the end: then it is of a later run. */
function notAfter(end: string | undefined, start: string | undefined): string | undefined {
  return start !== undefined && end !== undefined && Date.parse(start) > Date.parse(end) ? undefined : start;
}

/** Only of an Operation that has ended here. Of single conditions only Blocked says that it is in flight again. */
function inFlightOf(before: KnownOperation, stated: StatedPhase, now: string): InFlight | undefined {
  const { phase, message, single = false, status } = stated;
  if (!isTerminal(before.phase) || phase === 'Succeeded' || phase === 'Failed' || phase === 'Cancelled')
    return undefined;
  const isBlocked = status.conditions?.some((each) => each?.type === 'Blocked' && each.status === 'True');
  if (single && isBlocked !== true) return before.inFlightInCluster;
  const known = before.inFlightInCluster;
  return { phase, message, since: known?.phase === phase ? known.since : now };
}

function contradictionOf(
  before: KnownOperation,
  { phase, stated, conditions }: Told,
  now: string,
): Contradiction | undefined {
  if (!isTerminal(phase)) return undefined;
  // What is in flight, or is so again, takes no end back.
  if (!isTerminal(stated.phase)) return before.contradiction;
  const other = stated.phase === phase ? otherEnd(phase, conditions) : stated;
  if (other === undefined) return undefined;
  const at = before.contradiction?.phase === other.phase ? before.contradiction.at : now;
  return { phase: other.phase, message: other.message, at };
}

/** An operator may leave Failed and Succeeded both True. */
function otherEnd(
  phase: Phase,
  conditions: readonly Condition[],
): Pick<Contradiction, 'phase' | 'message'> | undefined {
  const other = phase === 'Succeeded' ? 'Failed' : 'Succeeded';
  const told = conditions.some(({ type, status }) => type === other && status === 'True');
  return told ? { phase: other, message: phaseMessage(other, conditions) } : undefined;
}

function sinceOf(phase: Phase, conditions: readonly Condition[]): string | undefined {
  return conditions.find(({ type, status }) => type === phase && status === 'True')?.lastTransitionTime;
}
