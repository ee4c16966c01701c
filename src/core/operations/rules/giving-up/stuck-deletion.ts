/**
 * A deletion that the cluster accepted and does not finish. The operator's finalizer keeps the resource until the
 * operator removes it, and the removal is an update that the operator's webhook checks like any other. So it is refused
 * while another Operation of the target is in flight, which passes; and for good once the target was deleted first, or an
 * approval claim has expired. The namespace then stays Terminating as well.
 *
 * It is told once, with a way out for a person. Nothing here removes a finalizer.
 */
import { withCondition } from '../../../kernel/rules/condition.ts';
import { shifted } from '../../../time/rules/slots.ts';
import type { OperationDecision } from '../end-operation.ts';
import type { KnownOperation } from '../observed/observation.ts';
import { operationCondition, operationEvent } from '../reasons.ts';
import type { DatedOperation } from './deadlines.ts';

/** The resource is gone, or its deletion goes on: with it goes what was said of its deletion. */
export function withoutDeletion({ deletingSince: _, ...operation }: KnownOperation): KnownOperation {
  return { ...operation, conditions: operation.conditions.filter(({ type }) => type !== 'DeletionPending') };
}

/** A healthy operator needs seconds. */
export const stuckAfterSeconds = 120;

/** What leaves because it has ended waits for what is in flight beside it, and that is no trouble. */
export const stuckTidyingSeconds = 3600;

export function decideStuckDeletion({ operation, owed }: DatedOperation, now: string): OperationDecision | undefined {
  const { deletingSince, conditions, name, namespace, target } = operation;
  const seconds = owed === 'Tidy' ? stuckTidyingSeconds : stuckAfterSeconds;
  if (deletingSince === undefined || Date.parse(shifted(deletingSince, seconds)) > Date.parse(now)) return undefined;
  if (conditions.some(({ type, reason }) => type === 'DeletionPending' && reason === 'NotFinished')) return undefined;
  const resource = `operations.ops.vworkspace.io ${name} -n ${namespace}`;
  const message = [
    `The resource has been in deletion since ${deletingSince}: the operator does not remove its finalizer. Its namespace cannot be deleted meanwhile.`,
    'It passes once the operator runs and no other Operation of the application is in flight.',
    `If the application ${target} was deleted first, make it again: then the deletion goes through.`,
    `Else a person may run: kubectl patch ${resource} --type=merge -p '{"metadata":{"finalizers":null}}'. If the webhook refuses that as well, its ValidatingWebhookConfiguration has to be deleted first.`,
    "The cost: Velero's Backup or Restore of that name stays and goes on, and until the webhook is back nothing is checked.",
  ].join(' ');
  const condition = operationCondition('DeletionPending', 'True', 'NotFinished', message, now);
  return {
    operation: { ...operation, conditions: [...withCondition(conditions, condition)] },
    owed,
    events: [operationEvent(operation, 'DeletionStuck', message, now)],
  };
}
