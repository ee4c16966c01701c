/**
 * Rows of one kind: find, insert, update, remove, and pages. Reads are scoped by organization, and an
 * update changes only the revision that was read. A row that somebody broke is read all the same, so that it can be repaired.
 */
import { setImmediate as immediate } from 'node:timers/promises';
import type { ZodType } from 'zod';
import type { Rows } from '../../../core/kernel/ports.ts';
import type { Page, PageQuery } from '../../../core/kernel/rules/page.ts';
import { Refusal } from '../../../core/kernel/rules/problem.ts';
import { releaseRow } from '../batches/held-rows.ts';
import { namingHolder } from '../name-holder.ts';
import { run, type Sql } from '../sql.ts';
import { type Row, shownRow, toRow } from './shape.ts';
import { type Table, tableOf, type Where } from './table.ts';

export interface Kind<T> {
  /** For people: `Another <kind> has this name here already.` */
  readonly kind: string;
  readonly table: string;
  readonly schema: ZodType<T>;
  readonly fields: readonly string[];
  /** The column that holds the organization; `undefined` for rows that belong to all. */
  readonly organizationKey: 'organizationId' | 'id' | undefined;
  /** Narrows every read, for example to what is not deleted. */
  readonly visible?: Where;
  /** Narrows the rows that hold a name, for example to what is not retired. */
  readonly holding?: Where;
  /** The columns of the unique key that has the name. Empty: rows of this kind have no such key. */
  readonly nameKey: readonly string[];
}

/** A kind of row whose columns are those of its schema. */
export function kindOf<T>(
  kind: string,
  table: string,
  schema: Kind<T>['schema'] & { shape: Readonly<Record<string, unknown>> },
  organizationKey: Kind<T>['organizationKey'],
  nameKey: readonly string[] = [],
): Kind<T> {
  return { kind, table, schema, fields: Object.keys(schema.shape), organizationKey, nameKey };
}

export function rowsOf<T extends { readonly id: string }>(sql: Sql, of: Kind<T>): Rows<T> {
  const table = tableOf(sql, of.table);
  const scope = (organizationId: string): Where => ({
    ...of.visible,
    ...(of.organizationKey !== undefined && { [of.organizationKey]: organizationId }),
  });
  const shown = (row: Row | undefined) => (row === undefined ? undefined : shownRow(of.schema, row));
  return {
    find: async (organizationId, id) => shown(await table.find({ id }, scope(organizationId))),
    lock: async (organizationId, id) => shown(await table.lock({ id }, scope(organizationId))),
    async insert(row) {
      await namingHolder(table, of, row, () => table.insert(toRow(of.fields, row)));
    },
    async update(row) {
      const { id, revision } = { revision: undefined, ...row };
      const next = typeof revision === 'number' ? { ...row, revision: revision + 1 } : row;
      const count = await namingHolder(table, of, row, () =>
        table.update(toRow(of.fields, next), { id, ...(typeof revision === 'number' && { revision }) }),
      );
      if (count === 0)
        throw new Refusal(
          'stale-revision',
          `The ${of.kind} has changed since it was read; read it again and repeat the change.`,
        );
      await run(sql, releaseRow, id);
      return next;
    },
    remove: (organizationId, id) => table.remove({ id }, scope(organizationId)),
    page: (organizationId, query) => pageOf(table, of.schema, scope(organizationId), query, 'id'),
  };
}

const rowsInOneGo = 25;

/**
 * A page by a unique key. Rows that are inserted or removed between two pages make no other row appear twice or not at
 * all.
 */
export async function pageOf<T>(
  table: Table,
  schema: ZodType<T>,
  scope: Where,
  query: PageQuery,
  key: string,
): Promise<Page<T>> {
  const { limit, cursor, descending = false, where = {} } = query;
  const beyond = cursor === undefined ? {} : { [key]: { [descending ? 'lt' : 'gt']: cursor } };
  const rows = await table.page({ by: key, descending, limit: limit + 1 }, scope, where, beyond);
  const items: T[] = [];
  for (const row of rows.slice(0, limit)) {
    // A large page does not hold up other requests until it is read.
    if (items.length > 0 && items.length % rowsInOneGo === 0) await immediate();
    items.push(shownRow(schema, row));
  }
  const last = rows.length > limit ? rows[limit - 1]?.[key] : undefined;
  if (last === undefined) return { items };
  return { items, nextCursor: last instanceof Date ? last.toISOString() : String(last) };
}
