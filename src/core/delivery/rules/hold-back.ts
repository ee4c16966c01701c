/**
 * What is not sent yet, because the cluster is known to refuse it, or because two Operations would block each other there.
 *
 *   Backup    waits while a Restore of its application is open: the operator lets none begin, and a Backup that runs
 *             while it looks at a finished Restore again blocks it, and is blocked by it. So it waits as well while one
 *             that has ended here is in flight again there
 *   Restore   waits while a Backup of its application is open, for the same reasons; and for its approval, where the
 *             operator demands one: in the cluster it would keep every Backup of its application waiting
 *
 * It is held here, says so in its condition Held, and goes by itself. Its deadline for delivery goes on, a cancel ends it
 * at once, and it keeps nothing else waiting. What was sent once is not held any more.
 */
import type { ApprovalDemand } from '../../clusters/rules/restore-approval.ts';
import { type OwnCondition, withCondition } from '../../kernel/rules/condition.ts';
import type { NewEvent } from '../../kernel/rules/event.ts';
import type { KnownOperation } from '../../operations/rules/observed/observation.ts';
import { isTerminal, type Operation } from '../../operations/rules/operation.ts';
import { operationCondition } from '../../operations/rules/reasons.ts';
import { shifted } from '../../time/rules/slots.ts';
import { deliveryEvent } from './reasons.ts';

/** An apply that is due and was never sent. */
export interface Unsent {
  readonly operation: KnownOperation;
  /** The oldest open Operation of the same application that it must not meet. */
  readonly openOther?: Pick<Operation, 'type' | 'name' | 'phase'> | undefined;
}

/** Of the Restores of a cluster. */
export interface Approvals extends ApprovalDemand {
  /** The ids of the Operations that have a claim. */
  readonly approved: ReadonlySet<string>;
}

export interface HoldDecision {
  readonly operation: KnownOperation;
  /** Whether anything of the Operation is to be written. */
  readonly changed: boolean;
  /** Absent: it may be sent. */
  readonly lookAgainAt?: string | undefined;
  readonly events: readonly NewEvent[];
}

const lookAgainSeconds = 10;

export function decideHold(unsent: Unsent, approvals: Approvals, now: string): HoldDecision {
  const { operation } = unsent;
  const known = operation.conditions.find(({ type }) => type === 'Held');
  const held = heldBy(unsent, approvals, now);
  if (held === undefined) {
    const conditions = operation.conditions.filter((condition) => condition !== known);
    return { operation: { ...operation, conditions }, changed: known !== undefined, events: [] };
  }
  const { reason, message } = held;
  const conditions = withCondition(operation.conditions, held);
  return {
    operation: { ...operation, conditions: [...conditions] },
    changed: conditions !== operation.conditions,
    lookAgainAt: shifted(now, lookAgainSeconds),
    events: known?.reason === reason ? [] : [deliveryEvent(operation, 'HeldBack', message, now)],
  };
}

function heldBy(
  { operation: { id, type }, openOther }: Unsent,
  { demanded, approved, because }: Approvals,
  now: string,
): OwnCondition | undefined {
  if (type === 'Restore' && demanded && !approved.has(id)) {
    const message = `It has no approval, and is not sent without one. ${because}`;
    return operationCondition('Held', 'True', 'AwaitingApproval', message, now);
  }
  if (openOther === undefined) return undefined;
  const { type: other, name, phase } = openOther;
  const reason = other === 'Restore' ? 'RestoreInFlight' : 'BackupInFlight';
  const [state, release] = isTerminal(phase)
    ? [`${phase} here, and in flight again in the cluster`, `delete the resource of ${name} in the cluster`]
    : ['open in the cluster', `cancel ${name}`];
  const message = `The ${other} ${name} of the application is ${state}. It is sent once that has ended or is gone. To send it before, ${release}.`;
  return operationCondition('Held', 'True', reason, message, now);
}
