/** What every use case behind the API is given: a transaction, who calls, the time, and the makers of ids and keys. */

import type { Committing, Rows, Vault } from '../kernel/ports.ts';
import { notFound, Refusal } from '../kernel/rules/problem.ts';
import type { Caller } from './rules/access.ts';

/**
 * What a use case behind the API is given. Its parameter lists the tables that it may read and change:
 * `Call<SchedulesTable & EventsTable>`.
 */
export interface Call<Tables> extends Omit<Reading<Tables>, 'tx'> {
  readonly tx: Tables & Committing;
}

/** A `Call` that writes nothing, and so needs no transaction. */
export interface Reading<Tables> {
  readonly tx: Tables;
  readonly caller: Caller;
  readonly now: string;
  readonly vault: Vault;
}

/** The caller's row, or the Refusal `not-found`: what belongs to others is not told apart from what is not there. */
export async function own<Row>(rows: Rows<Row>, caller: Caller, kind: string, id: string): Promise<Row> {
  const row = await rows.find(caller.organizationId, id);
  if (row === undefined) throw notFound(kind, id);
  return row;
}

/** `own`, locked until the transaction ends: for changes. */
export async function ownLocked<Row>(rows: Rows<Row>, caller: Caller, kind: string, id: string): Promise<Row> {
  const row = await rows.lock(caller.organizationId, id);
  if (row === undefined) throw notFound(kind, id);
  return row;
}

/** `ownLocked`, of which nobody has changed anything since it was read: for removals. */
export async function ownAsRead<Row extends { readonly revision: number }>(
  rows: Rows<Row>,
  caller: Caller,
  kind: string,
  id: string,
  expected: number | undefined,
): Promise<Row> {
  const row = await ownLocked(rows, caller, kind, id);
  refuseStale(kind, row, expected);
  return row;
}

/** `expected` is the revision in If-Match, if any. */
export function refuseStale(kind: string, { revision }: { readonly revision: number }, expected?: number): void {
  if (expected === undefined || expected === revision) return;
  const detail = `The ${kind} is at revision ${revision} by now; read it again and repeat what you want of it.`;
  throw new Refusal('stale-revision', detail);
}

/** Refuses a change to a row that is not the one that was read. `expected` is the revision in If-Match, if any. */
export function atRevision<Row extends { readonly revision: number }>(row: Row, expected: number | undefined): Row {
  return expected === undefined ? row : { ...row, revision: expected };
}
