/** The record of Operations, with the delivery action that each still owes to its cluster. */

import type { Rows } from '../kernel/ports.ts';
import type { NewEvent } from '../kernel/rules/event.ts';
import type { OperationDecision } from './rules/end-operation.ts';
import type { DatedOperation } from './rules/giving-up/deadlines.ts';
import type { RecordPosition } from './rules/manifest.ts';
import type { DeliveryAction, Operation } from './rules/operation.ts';
import type { NamedBackup, VelerosBackup } from './rules/restores/named-backup.ts';
import type { RestoreWait } from './rules/restores/restore-wait.ts';

export interface LockedOperation {
  readonly operation: Operation;
  readonly owed: DeliveryAction | undefined;
  /** Applies whose answer never came, so they may have taken effect. One is under way while `leased`. */
  readonly unanswered: number;
  /** True while a call may be under way. */
  readonly leased: boolean;
}

export interface Deadlines {
  /**
   * Locks Operations that may be past a deadline at `now`, or whose deletion may be stuck, at most `limit`. Writes and
   * returns the decisions. Operations that cannot be read, decided or written are put aside.
   */
  expire(
    look: 'Deadlines' | 'Deletions',
    now: string,
    limit: number,
    decide: (dated: DatedOperation) => OperationDecision | undefined,
  ): Promise<readonly OperationDecision[]>;
}

export interface RestoreWaits {
  /**
   * Records the event of each open Restore for which backups have waited for longer than its class allows, once a Restore,
   * of at most `limit`. Returns how many.
   */
  tell(now: string, limit: number, eventOf: (wait: RestoreWait) => NewEvent): Promise<number>;
}

export interface OperationsTable {
  readonly operations: Rows<Operation> & {
    /** Returns the position that the record gave it, which its manifest carries. */
    insertOwed(operation: Operation, owed: DeliveryAction): Promise<RecordPosition>;
    /** `undefined` for an Operation of a version that gave none. */
    recordPosition(organizationId: string, id: string): Promise<RecordPosition | undefined>;
    /** As `lock`, with what is owed to the cluster. */
    lockOwed(organizationId: string, id: string, now: string): Promise<LockedOperation | undefined>;
    updateOwed(operation: Operation, owed: DeliveryAction | undefined): Promise<Operation>;
    /** The Backups of that name, in any cluster of the organization. */
    backupsNamed(organizationId: string, name: string): Promise<readonly NamedBackup[]>;
    velerosBackup(clusterId: string, name: string): Promise<VelerosBackup>;
    /** The names of open Operations of that type of the application, at most one. */
    openOf(applicationInstanceId: string, type: 'Backup' | 'Restore'): Promise<string | undefined>;
  };
}
