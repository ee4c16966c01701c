/** The record of Operations, with what is owed for each to its cluster. */

import type { Rows } from '../kernel/ports.ts';
import type { DatedOperation } from './rules/deadlines.ts';
import type { OperationDecision } from './rules/end-operation.ts';
import type { DeliveryAction, Operation } from './rules/operation.ts';

export interface LockedOperation {
  readonly operation: Operation;
  readonly owed: DeliveryAction | undefined;
  /** Applies of which nobody knows what they did; one is under way while it is leased. */
  readonly unanswered: number;
  /** A call may be under way right now. */
  readonly leased: boolean;
}

export interface Deadlines {
  /** Locks what may be past a deadline at `now`, at most `limit`, and writes what `decide` makes of it. */
  expire(
    now: string,
    limit: number,
    decide: (dated: DatedOperation) => OperationDecision | undefined,
  ): Promise<readonly OperationDecision[]>;
}

export interface OperationsTable {
  readonly operations: Rows<Operation> & {
    insertOwed(operation: Operation, owed: DeliveryAction): Promise<void>;
    /** `lock`, with what is owed to the cluster. */
    lockOwed(organizationId: string, id: string): Promise<LockedOperation | undefined>;
    updateOwed(operation: Operation, owed: DeliveryAction | undefined): Promise<Operation>;
  };
}
