/**
 * The first parameter of every use case behind the API: tables, caller, time, and the maker of ids. And the one way in
 * which use cases find a row by its id: within the caller's organization, and at the revision that the caller has read.
 */

import type { Committing, Rows, Vault } from '../kernel/ports.ts';
import { notFound, Refusal } from '../kernel/rules/problem.ts';
import type { Caller } from './rules/access.ts';

/**
 * A call that writes, in one transaction. `Tables` lists what it may read and change: `Call<SchedulesTable &
 * EventsTable>`.
 */
export interface Call<Tables> extends Omit<Reading<Tables>, 'tx'> {
  readonly tx: Tables & Committing;
}

/** A call that only reads, and so needs no transaction. */
export interface Reading<Tables> {
  readonly tx: Tables;
  readonly caller: Caller;
  readonly now: string;
  readonly vault: Vault;
}

/** The caller's row, or the Refusal `not-found`. A row of another organization is answered as if it were not there. */
export async function own<Row>(rows: Rows<Row>, caller: Caller, kind: string, id: string): Promise<Row> {
  const row = await rows.find(caller.organizationId, id);
  if (row === undefined) throw notFound(kind, id);
  return row;
}

/**
 * The revisions of a row that If-Match lists: the change is for any of these, and for no other. `undefined` without
 * If-Match.
 */
export type ExpectedRevisions = readonly number[];

/** `own` with the row locked until the transaction ends: for changes. */
export async function ownLocked<Row>(rows: Rows<Row>, caller: Caller, kind: string, id: string): Promise<Row> {
  const row = await rows.lock(caller.organizationId, id);
  if (row === undefined) throw notFound(kind, id);
  return row;
}

/** `ownLocked`, or the Refusal `stale-revision` when the row has changed since the caller read it: for removals. */
export async function ownAsRead<Row extends { readonly revision: number }>(
  rows: Rows<Row>,
  caller: Caller,
  kind: string,
  id: string,
  expected: ExpectedRevisions | undefined,
): Promise<Row> {
  const row = await ownLocked(rows, caller, kind, id);
  refuseStale(kind, row, expected);
  return row;
}

/** Throws the Refusal `stale-revision` unless the row is at the revision of If-Match, if the caller sent one. */
export function refuseStale(
  kind: string,
  { revision }: { readonly revision: number },
  expected?: ExpectedRevisions,
): void {
  if (expected === undefined || expected.includes(revision)) return;
  const detail = `The ${kind} is at revision ${revision} now. Read it again, and repeat the request if you still want it.`;
  throw new Refusal('stale-revision', detail);
}

/** The row, to be changed. `Rows.update` refuses it unless it is at a revision of If-Match: no row has revision 0. */
export function atRevision<Row extends { readonly revision: number }>(
  row: Row,
  expected: ExpectedRevisions | undefined,
): Row {
  return expected === undefined || expected.includes(row.revision) ? row : { ...row, revision: 0 };
}
