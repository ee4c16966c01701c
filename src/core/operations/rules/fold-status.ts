/** The steps of the fold: a whole state, single conditions, a resource that has gone; and what follows for phase and end. */

import { type Condition, withCondition } from '../../kernel/rules/condition.ts';
import { expiry } from '../../kernel/rules/duration.ts';
import type { KnownOperation, Observation } from './observation.ts';
import {
  maxConditionCount,
  maxWarningCount,
  type ObservedStatus,
  phaseMessage,
  statedConditions,
  statedOutputs,
  statedPhase,
  statedProgress,
  warningsIn,
} from './observed-status.ts';
import { type Contradiction, isTerminal, type Operation, type Phase } from './operation.ts';
import { operationCondition } from './reasons.ts';

export const deletedElsewhereMessage = 'The resource was deleted in the cluster by somebody else.';

/** The resource is not in the cluster any more. */
export function foldDeletion(operation: KnownOperation, now: string): KnownOperation {
  if (isTerminal(operation.phase)) return operation;
  const asked = operation.cancelRequestedAt !== undefined;
  const condition = asked
    ? operationCondition('Cancelled', 'True', 'CancelledByUser', 'The cluster has deleted the resource, as asked.', now)
    : operationCondition('Failed', 'True', 'ExternalDeletion', deletedElsewhereMessage, now);
  return {
    ...operation,
    phase: asked ? 'Cancelled' : 'Failed',
    finishedAt: now,
    conditions: [...withCondition(operation.conditions, condition)],
  };
}

/** The whole state of the resource takes the place of what the cluster stated before. */
export function foldStatus(operation: KnownOperation, observation: Observation, now: string): KnownOperation {
  const { status, resourceVersion } = observation;
  const { progress: _, ...rest } = operation;
  const conditions = statedConditions(status, operation.conditions, now);
  const progress = statedProgress(status);
  const outputs =
    status.outputs === undefined && isTerminal(operation.phase) ? operation.outputs : statedOutputs(status);
  const engineWarned = warningsIn(operation.outputs);
  const apiWarnings = operation.warnings.filter((warning) => !engineWarned.includes(warning));
  const phase = statedPhase(status, operation.cancelRequestedAt !== undefined);
  const deliveredAt =
    operation.deliveredAt ?? (isTerminal(operation.phase) ? undefined : acceptedAt(operation, observation, now));
  return withPhase(
    {
      ...rest,
      uid: observation.uid,
      conditions: [...conditions],
      outputs,
      warnings: [...new Set([...apiWarnings, ...warningsIn(outputs)])].slice(0, maxWarningCount),
      ...(deliveredAt !== undefined && { deliveredAt }),
      ...(progress !== undefined && { progress }),
      ...(resourceVersion !== undefined && { observedVersion: resourceVersion }),
    },
    operation,
    { phase, status, message: phaseMessage(phase, conditions) },
    now,
  );
}

/** Single conditions: each takes the place of an earlier one of its type. */
export function foldPostedConditions(operation: KnownOperation, { status }: Observation, now: string): KnownOperation {
  const later = statedConditions(status, operation.conditions, now).filter((next) => {
    const known = operation.conditions.find(({ type }) => type === next.type);
    return known === undefined ? operation.conditions.length < maxConditionCount : !isEarlier(next, known);
  });
  const conditions = later.reduce(withPosted, operation.conditions);
  const phase = statedPhase(
    { conditions: [...(isTerminal(operation.phase) ? later : conditions)] },
    operation.cancelRequestedAt !== undefined,
  );
  return withPhase(
    { ...operation, conditions: [...conditions] },
    operation,
    { phase, status, message: phaseMessage(phase, later), single: true },
    now,
  );
}

function isEarlier(a: Condition, b: Condition): boolean {
  const generations = (a.observedGeneration ?? 0) - (b.observedGeneration ?? 0);
  const times = Date.parse(a.lastTransitionTime) - Date.parse(b.lastTransitionTime);
  return a.observedGeneration === undefined || b.observedGeneration === undefined || generations === 0
    ? times < 0
    : generations < 0;
}

function withPosted(conditions: readonly Condition[], next: Condition): readonly Condition[] {
  return conditions.some(({ type }) => type === next.type)
    ? conditions.map((known) => (known.type === next.type ? next : known))
    : [...conditions, next];
}

const rank = { Pending: 0, Running: 1, Succeeded: 2, Failed: 2, Cancelled: 2 } as const satisfies Record<Phase, number>;

interface StatedPhase {
  readonly phase: Phase;
  /** Single conditions, which take nothing back. */
  readonly single?: boolean;
  readonly status: ObservedStatus;
  readonly message: string;
}

/** Phase, end and contradiction, with the conditions that are ours. */
function withPhase(next: KnownOperation, before: KnownOperation, stated: StatedPhase, now: string): KnownOperation {
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
  const statedAgain = stated.some(({ type, status }) => type === phase && status === 'True');
  const ours = [delivered, statedAgain ? undefined : end].filter((condition) => condition !== undefined);
  return [...ours, ...stated.filter(({ type }) => !ours.some((own) => own.type === type))];
}

export const acceptedMessage = 'The cluster has accepted the resource.';

/** By the cluster's clock, as far as it can be so. */
function acceptedAt({ createdAt }: Operation, observation: Observation, now: string): string {
  const statedMs = Date.parse(observation.createdAt ?? now);
  return new Date(Math.max(Date.parse(createdAt), Math.min(statedMs, Date.parse(now)))).toISOString();
}
