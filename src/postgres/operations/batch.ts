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

export interface StoredOperation {
  readonly operation: KnownOperation;
  readonly owed: DeliveryAction | undefined;
  readonly attempts: number;
  readonly unanswered: number;
}

export function storedOperation(raw: Row): StoredOperation {
  const { owed, attempts, unanswered, ...operation } = fromRow(OperationRow, camelRow(raw));
  return { operation, owed, attempts, unanswered };
}

const status = `${assignmentsOf(OperationStatus.shape, 'w')}, revision = o.revision + 1`;
const rows = `from json_populate_recordset(null::operation, $1) w where o.id = w.id`;

// An Operation that the cluster has ended is owed nothing: it is never applied again. Otherwise a delivery under way
// keeps its lease, and a delete stays owed for an Operation that this service has ended.
const inFlight = (row: string) => `${row}.phase in ('Pending', 'Running')`;
const keeps = `${inFlight('w')} or not ${inFlight('o')}`;
const writeStatus = `
  update operation o set ${status},
    owed = coalesce(w.owed, case when ${keeps} then o.owed end),
    next_attempt_at = case when w.owed is not null and o.owed is null then to_timestamp(0) when ${keeps} then o.next_attempt_at end,
    lease_id = case when ${keeps} then o.lease_id end
  ${rows}`;
const writeVersion = `update operation o set observed_version = w.observed_version ${rows}`;
const writeOwed = `
  update operation o set ${status}, owed = w.owed, next_attempt_at = w.next_attempt_at, lease_id = null,
    attempts = w.attempts, unanswered = w.unanswered
  ${rows}`;
const writeEnd = `
  update operation o set ${status}, owed = w.owed,
    next_attempt_at = case when w.owed is not null then o.next_attempt_at end,
    lease_id = case when w.owed is not null then o.lease_id end
  ${rows}`;

export interface Owing {
  readonly operation: KnownOperation;
  readonly owed?: DeliveryAction | undefined;
}

const owingRows = (owing: readonly Owing[]) => jsonRows(owing.map(({ operation, owed }) => ({ ...operation, owed })));

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

/** Writes Operations that this service has ended. */
export async function writeEnded(client: PoolClient, ended: readonly Owing[]): Promise<void> {
  if (ended.length === 0) return;
  await client.query({ name: 'write-ended', text: writeEnd, values: [owingRows(ended)] });
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
    owed,
    attempts,
    unanswered,
    nextAttemptAt: owed === undefined ? undefined : (retryAt ?? atOnce),
  }));
  await client.query({ name: 'write-delivered', text: writeOwed, values: [jsonRows(rows)] });
}
