/** Reading Operations under lock and writing them back in one statement: what deliveries and observations share. */

import type { PoolClient } from 'pg';
import type { KnownOperation } from '../../core/operations/rules/observation.ts';
import { DeliveryAction, Operation } from '../../core/operations/rules/operation.ts';
import { camelRow, fromRow, type Row, snakeRow } from '../kit/shape.ts';

export interface StoredOperation {
  readonly operation: KnownOperation;
  readonly owed: DeliveryAction | undefined;
  readonly attempts: number;
  readonly unanswered: number;
}

export function storedOperation(raw: Row): StoredOperation {
  const row = camelRow(raw);
  const { observedVersion } = row;
  return {
    operation: {
      ...fromRow(Operation, row),
      ...(typeof observedVersion === 'string' && { observedVersion }),
    },
    owed: DeliveryAction.nullable().parse(row.owed) ?? undefined,
    attempts: Number(row.attempts),
    unanswered: Number(row.unanswered),
  };
}

const status = `
  phase = w.phase, conditions = w.conditions, progress = w.progress, outputs = w.outputs, warnings = w.warnings, uid = w.uid,
  delivered_at = w.delivered_at, started_at = w.started_at, finished_at = w.finished_at, expires_at = w.expires_at,
  observed_at = w.observed_at, contradiction = w.contradiction, observed_version = w.observed_version, revision = o.revision + 1`;
const rows = `from json_populate_recordset(null::operation, $1) w where o.id = w.id`;

// What the cluster has ended owes it nothing: it is never applied again. Else a delivery under way keeps its lease, and
// a delete that is owed for what we have ended stays owed.
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

const owingRow = ({ operation, owed }: Owing) => snakeRow({ ...operation, owed });

/** Writes what was observed. With `owed`, that is owed from now on. */
export async function writeObserved(client: PoolClient, observed: readonly Owing[]): Promise<void> {
  if (observed.length === 0) return;
  await client.query({ name: 'write-observed', text: writeStatus, values: [JSON.stringify(observed.map(owingRow))] });
}

/** Writes that a version was seen which says nothing new. */
export async function writeVersions(client: PoolClient, operations: readonly KnownOperation[]): Promise<void> {
  if (operations.length === 0) return;
  const values = operations.map(({ id, observedVersion }) => snakeRow({ id, observedVersion }));
  await client.query({ name: 'write-versions', text: writeVersion, values: [JSON.stringify(values)] });
}

/** Writes what we have ended ourselves. */
export async function writeEnded(client: PoolClient, ended: readonly Owing[]): Promise<void> {
  if (ended.length === 0) return;
  await client.query({ name: 'write-ended', text: writeEnd, values: [JSON.stringify(ended.map(owingRow))] });
}

export interface Delivered {
  readonly operation: KnownOperation;
  readonly owed: DeliveryAction | undefined;
  readonly attempts: number;
  readonly unanswered: number;
  /** Not before this time; absent: as soon as may be. */
  readonly retryAt?: string | undefined;
}

const atOnce = new Date(0).toISOString();

/** Writes what became of deliveries, and ends their leases. */
export async function writeDelivered(client: PoolClient, delivered: readonly Delivered[]): Promise<void> {
  if (delivered.length === 0) return;
  const values = delivered.map(({ operation, owed, retryAt, attempts, unanswered }) =>
    snakeRow({
      ...operation,
      owed,
      attempts,
      unanswered,
      nextAttemptAt: owed === undefined ? undefined : (retryAt ?? atOnce),
    }),
  );
  await client.query({ name: 'write-delivered', text: writeOwed, values: [JSON.stringify(values)] });
}
