/** The steps of the fold: a whole state, single conditions, a resource that has gone; and what follows for phase and end. */

import { type Condition, withCondition } from '../../kernel/rules/condition.ts';
import { expiry } from '../../kernel/rules/duration.ts';
import type { Known, Observation } from './observation.ts';
import {
  maxConditionCount,
  maxWarningCount,
  type ObservedStatus,
  statedConditions,
  statedOutputs,
  statedPhase,
  statedProgress,
  warningsIn,
  wordsFor,
} from './observed-status.ts';
import { type Contradiction, isTerminal, type Operation, type Phase } from './operation.ts';
import { operationCondition } from './reasons.ts';

export const deletedElsewhere = 'The resource was deleted in the cluster by somebody else.';

/** The resource is not in the cluster any more. */
export function gone(operation: Known, now: string): Known {
  if (isTerminal(operation.phase)) return operation;
  const asked = operation.cancelRequestedAt !== undefined;
  const condition = asked
    ? operationCondition('Cancelled', 'True', 'CancelledByUser', 'The cluster has deleted the resource, as asked.', now)
    : operationCondition('Failed', 'True', 'ExternalDeletion', deletedElsewhere, now);
  return {
    ...operation,
    phase: asked ? 'Cancelled' : 'Failed',
    finishedAt: now,
    conditions: [...withCondition(operation.conditions, condition)],
  };
}

/** The whole state of the resource takes the place of what the cluster stated before. */
export function stated(operation: Known, observation: Observation, now: string): Known {
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
  return ended(
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
    { phase, status, words: wordsFor(phase, conditions) },
    now,
  );
}

/** Single conditions: each takes the place of an earlier one of its type. */
export function posted(operation: Known, { status }: Observation, now: string): Known {
  const later = statedConditions(status, operation.conditions, now).filter((next) => {
    const known = operation.conditions.find(({ type }) => type === next.type);
    return known === undefined ? operation.conditions.length < maxConditionCount : !isEarlier(next, known);
  });
  const conditions = later.reduce(withPosted, operation.conditions);
  const phase = statedPhase(
    { conditions: [...(isTerminal(operation.phase) ? later : conditions)] },
    operation.cancelRequestedAt !== undefined,
  );
  return ended(
    { ...operation, conditions: [...conditions] },
    operation,
    { phase, status, words: wordsFor(phase, later), single: true },
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

interface Said {
  readonly phase: Phase;
  /** Single conditions, which take nothing back. */
  readonly single?: boolean;
  readonly status: ObservedStatus;
  readonly words: string;
}

/** Phase, end and contradiction, with the conditions that are ours. */
function ended(next: Known, before: Known, said: Said, now: string): Known {
  const { contradiction: _, expiresAt: __, startedAt: ___, ...rest } = next;
  const phase = !isTerminal(before.phase) && rank[said.phase] > rank[before.phase] ? said.phase : before.phase;
  const told = said.status.startedAt;
  const setBack = isTerminal(before.phase) && !isTerminal(said.phase);
  const kept = said.single === true || setBack ? before.startedAt : undefined;
  const startedAt = said.single === true ? (kept ?? told) : (told ?? kept);
  const finishedAt =
    said.phase === phase && isTerminal(phase)
      ? (said.status.finishedAt ?? before.finishedAt ?? sinceOf(phase, next.conditions) ?? now)
      : before.finishedAt;
  const contradiction = contradictionOf(before, said, now);
  const copied = phase === 'Succeeded' || contradiction?.phase === 'Succeeded';
  const expiresAt =
    next.type === 'Backup' && next.ttl !== undefined && copied
      ? expiry(startedAt ?? next.createdAt, next.ttl)
      : undefined;
  return {
    ...rest,
    phase,
    conditions: withOurs(next.conditions, before, phase, next.deliveredAt),
    ...(startedAt !== undefined && { startedAt }),
    ...(finishedAt !== undefined && { finishedAt }),
    ...(contradiction !== undefined && { contradiction }),
    ...(expiresAt !== undefined && { expiresAt }),
  };
}

function contradictionOf(before: Known, said: Said, now: string): Contradiction | undefined {
  if (said.single === true && !isTerminal(said.phase)) return before.contradiction;
  if (!isTerminal(before.phase) || !isTerminal(said.phase) || said.phase === before.phase) return undefined;
  const at = before.contradiction?.phase === said.phase ? before.contradiction.at : now;
  return { phase: said.phase, message: said.words, at };
}

function sinceOf(phase: Phase, conditions: readonly Condition[]): string | undefined {
  return conditions.find(({ type, status }) => type === phase && status === 'True')?.lastTransitionTime;
}

function withOurs(
  stated: readonly Condition[],
  before: Operation,
  phase: Phase,
  deliveredAt: string | undefined,
): Condition[] {
  const delivery = before.conditions.find(({ type }) => type === 'Delivered');
  const delivered: Condition | undefined =
    deliveredAt === undefined || delivery?.status === 'True'
      ? delivery
      : operationCondition('Delivered', 'True', 'Applied', acceptedWords, deliveredAt);
  const end = isTerminal(phase)
    ? before.conditions.find(({ type, status }) => type === phase && status === 'True')
    : undefined;
  const toldAnew = stated.some(({ type, status }) => type === phase && status === 'True');
  const ours = [delivered, toldAnew ? undefined : end].filter((condition) => condition !== undefined);
  return [...ours, ...stated.filter(({ type }) => !ours.some((own) => own.type === type))];
}

export const acceptedWords = 'The cluster has accepted the resource.';

/** By the cluster's clock, as far as it can be so. */
function acceptedAt({ createdAt }: Operation, observation: Observation, now: string): string {
  const told = Date.parse(observation.createdAt ?? now);
  return new Date(Math.max(Date.parse(createdAt), Math.min(told, Date.parse(now)))).toISOString();
}
