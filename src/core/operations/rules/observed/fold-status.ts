/**
 * Folds one observation into the record: a whole status, single conditions from the cluster's agent, or a deletion.
 * observe.ts says which of them applies, and fold-phase.ts what a stated phase changes.
 */

import type { Condition } from '../../../kernel/rules/condition.ts';
import { withEnd, withoutPassing } from '../end-operation.ts';
import { leftInCluster } from '../giving-up/left-in-cluster.ts';
import { withoutDeletion } from '../giving-up/stuck-deletion.ts';
import { endAsWithdrawn, isWithdrawing } from '../giving-up/withdraw.ts';
import { isTerminal, type Operation } from '../operation.ts';
import { deletedElsewhereMessage, operationCondition } from '../reasons.ts';
import { asBack, asLeft } from '../tidied.ts';
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

/**
 * Ends an open Operation whose resource is no longer in the cluster: as asked for by a cancel, withdrawn by us, or
 * deleted by somebody else.
 */
export function foldDeletion({ inFlightInCluster: _, ...operation }: KnownOperation, now: string): KnownOperation {
  const gone = withoutDeletion(operation);
  if (isTerminal(operation.phase)) return goneAfterEnd(gone, now);
  const requested = operation.cancelRequestedAt !== undefined;
  if (!requested && isWithdrawing(gone)) return endAsWithdrawn(gone, now).operation;
  const condition = requested
    ? operationCondition(
        'Cancelled',
        'True',
        'CancelledByUser',
        'The cluster has deleted the resource, as requested.',
        now,
      )
    : operationCondition('Failed', 'True', 'ExternalDeletion', deletedElsewhereMessage, now);
  const { finishedAt: _end, ...open } = gone;
  return withEnd(open, requested ? 'Cancelled' : 'Failed', condition, now);
}

/**
 * The copy of a Backup outlives its resource, but somebody should look. What was left in the cluster when it ended here
 * is no longer there.
 */
function goneAfterEnd(operation: KnownOperation, now: string): KnownOperation {
  const { type, phase, resourceGoneAt, resourceLeftAt, cancelRequestedAt } = operation;
  const gone = { ...operation, conditions: withoutPassing(operation.conditions) };
  const left = asLeft(gone, now);
  if (left !== undefined || resourceLeftAt !== undefined) return left ?? gone;
  const hasCopy = type === 'Backup' && phase === 'Succeeded' && cancelRequestedAt === undefined;
  const isNews = resourceGoneAt === undefined && (hasCopy || leftInCluster(operation) === 'MayBeThere');
  return isNews ? { ...gone, resourceGoneAt: now } : gone;
}

/**
 * Replaces what the cluster stated before with the whole status of the resource. The delivery and the API server's
 * warnings stay. Outputs stay when the Operation has ended and the status has none.
 */
export function foldStatus(known: KnownOperation, observation: Observation, now: string): KnownOperation {
  const { status, resourceVersion, deletingSince, source, deleted } = observation;
  const isBack = known.resourceLeftAt !== undefined && source === 'Listed' && !deleted && deletingSince === undefined;
  const operation = isBack ? asBack(known) : known;
  const { progress: _, deletingSince: __, ...rest } = operation;
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
      ...(deletingSince !== undefined && { deletingSince }),
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
