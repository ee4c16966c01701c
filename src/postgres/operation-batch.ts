/** Reading Operations under lock and writing them back in one statement: what deliveries and observations share. */
import type { PoolClient } from 'pg';
import type { NewEvent } from '../domain/event.ts';
import { DeliveryAction, Operation } from '../domain/operation.ts';
import { eventColumns } from './columns.ts';
import { camelRow, fromRow, type Row, snakeRow } from './shape.ts';
import { vault } from './vault.ts';

export interface StoredOperation {
  readonly operation: Operation;
  readonly owed: DeliveryAction | undefined;
  readonly attempts: number;
}

export function storedOperation(raw: Row): StoredOperation {
  const row = camelRow(raw);
  return {
    operation: fromRow(Operation, row),
    owed: DeliveryAction.nullable().parse(row.owed) ?? undefined,
    attempts: Number(row.attempts),
  };
}

const status = `
  phase = w.phase, conditions = w.conditions, progress = w.progress, outputs = w.outputs, warnings = w.warnings, uid = w.uid,
  delivered_at = w.delivered_at, started_at = w.started_at, finished_at = w.finished_at, expires_at = w.expires_at,
  observed_at = w.observed_at, revision = o.revision + 1`;
const rows = `from json_populate_recordset(null::operation, $1) w where o.id = w.id`;

// What has ended owes the cluster nothing: it is never applied again. Else a delivery under way keeps its lease.
const writeStatus = `
  update operation o set ${status},
    owed = case when w.phase in ('Pending', 'Running') then o.owed end,
    next_attempt_at = case when w.phase in ('Pending', 'Running') then o.next_attempt_at end,
    lease_id = case when w.phase in ('Pending', 'Running') then o.lease_id end
  ${rows}`;
const writeOwed = `update operation o set ${status}, owed = w.owed, next_attempt_at = w.next_attempt_at, lease_id = null ${rows}`;

/** Writes what was observed. */
export async function writeObserved(client: PoolClient, operations: readonly Operation[]): Promise<void> {
  if (operations.length === 0) return;
  await client.query({ name: 'write-observed', text: writeStatus, values: [JSON.stringify(operations.map(snakeRow))] });
}

export interface Delivered {
  readonly operation: Operation;
  readonly owed: DeliveryAction | undefined;
  /** Not before this time; absent: as soon as may be. */
  readonly retryAt?: string | undefined;
}

const atOnce = new Date(0).toISOString();

/** Writes what became of deliveries, and ends their leases. */
export async function writeDelivered(client: PoolClient, delivered: readonly Delivered[]): Promise<void> {
  if (delivered.length === 0) return;
  const values = delivered.map(({ operation, owed, retryAt }) =>
    snakeRow({ ...operation, owed, nextAttemptAt: owed === undefined ? undefined : (retryAt ?? atOnce) }),
  );
  await client.query({ name: 'write-delivered', text: writeOwed, values: [JSON.stringify(values)] });
}

export const appendEventsSql = `insert into event (${eventColumns}) select ${eventColumns} from json_populate_recordset(null::event, $1::json)`;

export async function appendEvents(client: PoolClient, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  const rows = events.map((event) => snakeRow({ ...event, id: vault.newId() }));
  await client.query({ name: 'append-events', text: appendEventsSql, values: [JSON.stringify(rows)] });
}
