/**
 * What a stated phase changes in the record: phase, start, end, expiry, contradiction, and our own conditions.
 *
 * A phase never goes back, and a terminal phase never changes. When the cluster states another terminal phase than
 * ours, that contradiction is kept beside our phase. A Backup that succeeded in its cluster has a copy, which expires,
 * whichever phase we recorded.
 */

import type { Condition } from '../../../kernel/rules/condition.ts';
import { expiry } from '../../../kernel/rules/duration.ts';
import { type Contradiction, isTerminal, type Operation, type Phase } from '../operation.ts';
import { acceptedMessage, operationCondition } from '../reasons.ts';
import type { KnownOperation } from './observation.ts';
import type { ObservedStatus } from './observed-status.ts';

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
  const { contradiction: _, expiresAt: __, startedAt: ___, ...rest } = next;
  const phase = !isTerminal(before.phase) && rank[stated.phase] > rank[before.phase] ? stated.phase : before.phase;
  const statedStart = stated.status.startedAt;
  const setBack = isTerminal(before.phase) && !isTerminal(stated.phase);
  const kept = stated.single === true || setBack ? before.startedAt : undefined;
  const startedAt = stated.single === true ? (kept ?? statedStart) : (statedStart ?? kept);
  const finishedAt =
    stated.phase === phase && isTerminal(phase)
      ? (stated.status.finishedAt ?? before.finishedAt ?? sinceOf(phase, next.conditions) ?? now)
      : before.finishedAt;
  const contradiction = contradictionOf(before, stated, now);
  const copied = phase === 'Succeeded' || contradiction?.phase === 'Succeeded';
  const expiresAt =
    next.type === 'Backup' && next.ttl !== undefined && copied
      ? expiry(startedAt ?? next.createdAt, next.ttl)
      : undefined;
  return {
    ...rest,
    phase,
    conditions: withOwnConditions(next.conditions, before, phase, next.deliveredAt),
    ...(startedAt !== undefined && { startedAt }),
    ...(finishedAt !== undefined && { finishedAt }),
    ...(contradiction !== undefined && { contradiction }),
    ...(expiresAt !== undefined && { expiresAt }),
  };
}

function contradictionOf(before: KnownOperation, stated: StatedPhase, now: string): Contradiction | undefined {
  if (stated.single === true && !isTerminal(stated.phase)) return before.contradiction;
  if (!isTerminal(before.phase) || !isTerminal(stated.phase) || stated.phase === before.phase) return undefined;
  const at = before.contradiction?.phase === stated.phase ? before.contradiction.at : now;
  return { phase: stated.phase, message: stated.message, at };
}

function sinceOf(phase: Phase, conditions: readonly Condition[]): string | undefined {
  return conditions.find(({ type, status }) => type === phase && status === 'True')?.lastTransitionTime;
}

function withOwnConditions(
  stated: readonly Condition[],
  before: Operation,
  phase: Phase,
  deliveredAt: string | undefined,
): Condition[] {
  const delivery = before.conditions.find(({ type }) => type === 'Delivered');
  const delivered: Condition | undefined =
    deliveredAt === undefined || delivery?.status === 'True'
      ? delivery
      : operationCondition('Delivered', 'True', 'Applied', acceptedMessage, deliveredAt);
  const end = isTerminal(phase)
    ? before.conditions.find(({ type, status }) => type === phase && status === 'True')
    : undefined;
  // An end that is stated without words keeps those that are known of it.
  const isWordless = (message: string) => message === '' && end !== undefined && end.message !== '';
  const statedAgain = stated.some(
    ({ type, status, message }) => type === phase && status === 'True' && !isWordless(message),
  );
  const ours = [delivered, statedAgain ? undefined : end].filter((condition) => condition !== undefined);
  return [...ours, ...stated.filter(({ type }) => !ours.some((own) => own.type === type))];
}
