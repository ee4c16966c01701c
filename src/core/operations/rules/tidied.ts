/**
 * An Operation of ours that has ended leaves its cluster (src/core/tidying says when). The condition Tidied says why: it
 * is False while the resource is to leave, and True once it has left. A deletion that is seen meanwhile is ours, and not
 * that of somebody else.
 */
import { withCondition } from '../../kernel/rules/condition.ts';
import type { Operation } from './operation.ts';
import { operationCondition } from './reasons.ts';

export const tidiedReasons = ['RestoreEnded', 'CopyGone', 'CopyExpired', 'BackupFailed'] as const;
export type TidiedReason = (typeof tidiedReasons)[number];

function tidyingOf({ conditions }: Pick<Operation, 'conditions'>) {
  return conditions.find(({ type }) => type === 'Tidied');
}

export function withTidying<T extends Operation>(operation: T, reason: TidiedReason, message: string, now: string): T {
  const condition = operationCondition('Tidied', 'False', reason, message, now);
  return { ...operation, conditions: [...withCondition(operation.conditions, condition)] };
}

/** It does not leave after all, for now. */
export function withoutTidying<T extends Operation>(operation: T): T {
  if (tidyingOf(operation)?.status !== 'False') return operation;
  return { ...operation, conditions: operation.conditions.filter(({ type }) => type !== 'Tidied') };
}

/** The resource has left. `undefined` when it was not we who deleted it. */
export function asLeft<T extends Operation>(operation: T, now: string): T | undefined {
  const known = tidyingOf(operation);
  if (known === undefined || (known.status === 'True' && operation.resourceLeftAt !== undefined)) return undefined;
  const reason = tidiedReasons.find((each) => each === known.reason) ?? 'RestoreEnded';
  const condition = operationCondition('Tidied', 'True', reason, known.message, now);
  return { ...operation, resourceLeftAt: now, conditions: [...withCondition(operation.conditions, condition)] };
}

/** A list has it again, for example because the cluster was set back: it is to leave once more. */
export function asBack<T extends Operation>({ resourceLeftAt: _, ...operation }: T): T {
  const conditions = operation.conditions.filter(({ type }) => type !== 'Tidied');
  return { ...operation, conditions } as unknown as T;
}
