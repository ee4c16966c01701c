/**
 * Folds one observation into the record: a whole status, single conditions from the cluster's agent, or a deletion.
 * observe.ts says which of them applies, and fold-phase.ts what a stated phase changes.
 */

import { type Condition, withCondition } from '../../../kernel/rules/condition.ts';
import { endNow } from '../end-operation.ts';
import { isTerminal, type Operation } from '../operation.ts';
import { deletedElsewhereMessage, operationCondition } from '../reasons.ts';
import { withPhase } from './fold-phase.ts';
import type { KnownOperation, Observation } from './observation.ts';
import {
  maxConditionCount,
  maxWarningCount,
  phaseMessage,
  statedConditions,
  statedOutputs,
  statedPhase,
  statedProgress,
  warningsIn,
} from './observed-status.ts';

/** Ends an open Operation whose resource is no longer in the cluster: as asked for by a cancel, or by somebody else. */
export function foldDeletion(known: KnownOperation, now: string): KnownOperation {
  const { inFlightInCluster: _, ...operation } = known;
  if (isTerminal(operation.phase)) return deletedByHand(operation, now);
  const requested = operation.cancelRequestedAt !== undefined;
  const condition = requested
    ? operationCondition(
        'Cancelled',
        'True',
        'CancelledByUser',
        'The cluster has deleted the resource, as requested.',
        now,
      )
    : operationCondition('Failed', 'True', 'ExternalDeletion', deletedElsewhereMessage, now);
  return {
    ...operation,
    phase: requested ? 'Cancelled' : 'Failed',
    finishedAt: endNow(operation, now),
    conditions: [...withCondition(operation.conditions, condition)],
  };
}

/** The copy of a Backup outlives its resource, but somebody should look. A cancel that came too late deletes nothing. */
function deletedByHand(operation: KnownOperation, now: string): KnownOperation {
  const { type, phase, resourceGoneAt, cancelRequestedAt } = operation;
  const hasCopy = type === 'Backup' && phase === 'Succeeded';
  return !hasCopy || resourceGoneAt !== undefined || cancelRequestedAt !== undefined
    ? operation
    : { ...operation, resourceGoneAt: now };
}

/**
 * Replaces what the cluster stated before with the whole status of the resource. The delivery and the API server's
 * warnings stay. Outputs stay when the Operation has ended and the status has none.
 */
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

/** Takes single conditions. Each replaces the condition of its type, unless that one is later. */
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

/** When the cluster created the resource, by its own clock, but not before the Operation was made and not after now. */
function acceptedAt({ createdAt }: Operation, observation: Observation, now: string): string {
  const statedMs = Date.parse(observation.createdAt ?? now);
  return new Date(Math.max(Date.parse(createdAt), Math.min(statedMs, Date.parse(now)))).toISOString();
}
