/** One call to a cluster for an Operation, and what is decided after its answer. */

import type { OperationDecision } from '../../operations/rules/end-operation.ts';
import type { KnownOperation } from '../../operations/rules/observed/observation.ts';
import type { DeliveryAction } from '../../operations/rules/operation.ts';

export interface Attempt {
  readonly operation: KnownOperation;
  readonly action: DeliveryAction;
  /** Calls that were begun, this one included. */
  readonly attempts: number;
  /** Applies whose answer never came, so they may have taken effect; this one included. */
  readonly unanswered: number;
}

/** The decision, with the counts to store. */
export interface DeliveryDecision extends OperationDecision {
  readonly attempts: number;
  readonly unanswered: number;
}
