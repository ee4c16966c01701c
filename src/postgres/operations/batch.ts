/**
 * Reads Operations and writes them back in one statement, whatever their number; in between they are locked.
 * Deliveries, observations and deadlines share the status that they write, and differ in what the cluster is owed
 * afterwards.
 */

import type { PoolClient } from 'pg';
import type { KnownOperation } from '../../core/operations/rules/observed/observation.ts';
import type { DeliveryAction } from '../../core/operations/rules/operation.ts';
import { assignmentsOf } from '../kit/rows/columns.ts';
import { camelRow, fromRow, jsonRows, type Row } from '../kit/rows/shape.ts';
import { OperationRow, OperationStatus } from './columns.ts';
import { owedAction, owedColumns } from './owed.ts';

export interface StoredOperation {
  readonly operation: KnownOperation;
  readonly owed: DeliveryAction | undefined;
  readonly attempts: number;
  readonly unanswered: number;
}

export function storedOperation(raw: Row): StoredOperation {
  const { owed, deletionReason, nextAttemptAt, attempts, unanswered, ...operation } = fromRow(
    OperationRow,
    camelRow(raw),
  );
  return { operation, owed: owedAction({ owed, deletionReason, nextAttemptAt }), attempts, unanswered };
}

const status = `${assignmentsOf(OperationStatus.shape, 'w')}, revision = o.revision + 1`;
const rows = `from json_populate_recordset(null::operation, $1) w where o.id = w.id`;

// An Operation that the cluster has ended is owed nothing: it is never applied again. Otherwise a delivery under way
// keeps its lease, and a delete stays owed for an Operation that this service has ended.
const inFlight = (row: string) => `${row}.phase in ('Pending', 'Running')`;
const keeps = `${inFlight('w')} or not ${inFlight('o')}`;
const owes = `(w.owed is not null or w.deletion_reason is not null)`;
const owedBefore = `((o.owed is not null or o.deletion_reason is not null) and o.next_attempt_at is not null)`;
const kept = (column: string) => `${column} = case when ${owes} then w.${column} when ${keeps} then o.${column} end`;
const writeStatus = `
  update operation o set ${status},
    ${kept('owed')}, ${kept('deletion_reason')},
    next_attempt_at = case when ${owes} and not ${owedBefore} then to_timestamp(0) when ${owes} or ${keeps} then o.next_attempt_at end,
    lease_id = case when ${owes} or ${keeps} then o.lease_id end
  ${rows}`;
const writeVersion = `update operation o set observed_version = w.observed_version ${rows}`;
const nowOwed = `owed = w.owed, deletion_reason = w.deletion_reason`;
const writeOwed = `
  update operation o set ${status}, ${nowOwed}, next_attempt_at = w.next_attempt_at, lease_id = null,
    attempts = w.attempts, unanswered = w.unanswered
  ${rows}`;
const owesTheSame = `w.owed is not distinct from o.owed and w.deletion_reason is not distinct from o.deletion_reason`;
const writeDated = `
  update operation o set ${status}, ${nowOwed},
    next_attempt_at = case when ${owes} then case when ${owesTheSame} then o.next_attempt_at else to_timestamp(0) end end,
    lease_id = case when ${owes} and ${owesTheSame} then o.lease_id end
  ${rows}`;

export interface Owing {
  readonly operation: KnownOperation;
  readonly owed?: DeliveryAction | undefined;
}

const owingRows = (owing: readonly Owing[]) =>
  jsonRows(owing.map(({ operation, owed }) => ({ ...operation, ...owedColumns(owed) })));

/**
 * Writes Operations after observations. `owed` is owed from now on. Without it, what is owed stays, unless the cluster
 * has ended the Operation.
 */
export async function writeObserved(client: PoolClient, observed: readonly Owing[]): Promise<void> {
  if (observed.length === 0) return;
  await client.query({ name: 'write-observed', text: writeStatus, values: [owingRows(observed)] });
}

/** Writes only that a version of the resource was folded in, which changed nothing else. */
export async function writeVersions(client: PoolClient, operations: readonly KnownOperation[]): Promise<void> {
  if (operations.length === 0) return;
  const rows = jsonRows(operations.map(({ id, observedVersion }) => ({ id, observedVersion })));
  await client.query({ name: 'write-versions', text: writeVersion, values: [rows] });
}

/** Writes Operations after a deadline. What is owed already is owed as before. */
export async function writeDatedOperations(client: PoolClient, dated: readonly Owing[]): Promise<void> {
  if (dated.length === 0) return;
  await client.query({ name: 'write-dated', text: writeDated, values: [owingRows(dated)] });
}

export interface Delivered {
  readonly operation: KnownOperation;
  readonly owed: DeliveryAction | undefined;
  readonly attempts: number;
  readonly unanswered: number;
  /** The delivery is not tried before this time; absent: at once. */
  readonly retryAt?: string | undefined;
}

const atOnce = new Date(0).toISOString();

/** Writes Operations after deliveries, and ends the deliveries' leases. */
export async function writeDelivered(client: PoolClient, delivered: readonly Delivered[]): Promise<void> {
  if (delivered.length === 0) return;
  const rows = delivered.map(({ operation, owed, retryAt, attempts, unanswered }) => ({
    ...operation,
    ...owedColumns(owed),
    attempts,
    unanswered,
    nextAttemptAt: owed === undefined ? undefined : (retryAt ?? atOnce),
  }));
  await client.query({ name: 'write-delivered', text: writeOwed, values: [jsonRows(rows)] });
}
