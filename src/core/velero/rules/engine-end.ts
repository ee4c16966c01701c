/**
 * What Velero's end means for the Operation, where the operator hides it:
 *
 *   FailedValidation                  the operator leaves the Operation Running for ever: it fails at once. Its resource is
 *                                     owed a deletion, because what runs for ever keeps all else of its target waiting
 *   PartiallyFailed, Failed           the operator states Failed without a word: it gets Velero's
 *
 * Nothing else changes. A phase never goes back, and what the cluster says in words of its own stays.
 */

import { clip, type OwnCondition, withCondition } from '../../kernel/rules/condition.ts';
import { eventsOfChange } from '../../operations/rules/change-events.ts';
import { withEnd } from '../../operations/rules/end-operation.ts';
import { leftInCluster } from '../../operations/rules/giving-up/left-in-cluster.ts';
import { withdrawalOf, withWithdrawal } from '../../operations/rules/giving-up/withdraw.ts';
import type { KnownOperation, Observed } from '../../operations/rules/observed/observation.ts';
import { isTerminal } from '../../operations/rules/operation.ts';
import { operationCondition } from '../../operations/rules/reasons.ts';
import { isWordOf } from './better-times.ts';
import { type VeleroResource, wordsOf } from './velero-resource.ts';

/** The phases that an Operation may have to be told of. */
export const toldPhases = ['FailedValidation', 'PartiallyFailed', 'Failed'] as const;

export interface ToldOperation extends Pick<Observed, 'changed' | 'events' | 'owed'> {
  readonly operation: KnownOperation;
  /** Nothing more can follow from this word. */
  readonly told: boolean;
}

export function toldByVelero(operation: KnownOperation, word: VeleroResource, now: string): ToldOperation {
  const unchanged = { operation, changed: false, events: [] } as const;
  const reason = toldPhases.find((phase) => phase === word.phase);
  if (reason === undefined || !isWordOf(operation, word)) return { ...unchanged, told: true };
  const failed = () => operationCondition('Failed', 'True', reason, clip(wordsOf(word)), now);
  if (reason === 'FailedValidation') {
    if (operation.uid === undefined) return { ...unchanged, told: false };
    const ended = isTerminal(operation.phase) ? operation : withEnd(operation, 'Failed', failed(), now);
    if (isLeft(ended) && isEngineIdle(word)) return withdrawn(operation, ended, now);
    return ended === operation ? { ...unchanged, told: true } : changed(operation, ended, now);
  }
  if (!isTerminal(operation.phase)) return { ...unchanged, told: false };
  return operation.phase === 'Failed' && isWordless(operation)
    ? changed(operation, withWords(operation, failed()), now)
    : { ...unchanged, told: true };
}

/** Its resource may be there, and nobody has begun to delete it, or found that it must stay. */
function isLeft(ended: KnownOperation): boolean {
  return leftInCluster(ended) === 'MayBeThere' && withdrawalOf(ended) === undefined;
}

const refusedMessage =
  'Velero does not begin with it, and the operator leaves it Running. Its resource is deleted in the cluster, so that nothing waits for it.';

function withdrawn(before: KnownOperation, ended: KnownOperation, now: string): ToldOperation {
  const inFlightInCluster = ended.inFlightInCluster ?? { phase: 'Running', message: refusedMessage, since: now };
  const operation = { ...withWithdrawal(ended, 'FailedValidation', refusedMessage, now), inFlightInCluster };
  const owed = before.cancelRequestedAt === undefined ? 'Withdraw' : 'Cancel';
  return { ...changed(before, operation, now), owed };
}

const recentMs = 86_400_000;

/**
 * Velero does not work on it, and left no copy: it refused it, or failed. A resource that is gone says nothing: Velero may
 * still work on what it has begun. Nor does a missing word.
 */
export function isEngineIdle(word: Pick<VeleroResource, 'phase' | 'copied'> | undefined): boolean {
  if (word === undefined || word.copied) return false;
  return word.phase === 'FailedValidation' || word.phase === 'Failed';
}

/** What ended more than a day ago is told by the Operation, and is no news. */
function isRecent({ finishedAt }: KnownOperation, now: string): boolean {
  return finishedAt === undefined || Date.parse(finishedAt) > Date.parse(now) - recentMs;
}

function changed(before: KnownOperation, operation: KnownOperation, now: string): ToldOperation {
  const events = isRecent(before, now) ? eventsOfChange(before, operation, now) : [];
  return { operation, changed: true, events, told: true };
}

function isWordless({ conditions }: KnownOperation): boolean {
  const failed = conditions.find(({ type, status }) => type === 'Failed' && status === 'True');
  return failed === undefined || failed.message === '';
}

function withWords(operation: KnownOperation, failed: OwnCondition): KnownOperation {
  return { ...operation, conditions: [...withCondition(operation.conditions, failed)] };
}
