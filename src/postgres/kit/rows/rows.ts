/**
 * Rows of one kind through Prisma: find, insert, update, remove, and pages. Reads are scoped by organization, and an
 * update changes only the revision that was read. A row that somebody broke is read all the same, so that it can be repaired.
 */
import { setImmediate as immediate } from 'node:timers/promises';
import type { ZodType } from 'zod';
import type { Rows } from '../../../core/kernel/ports.ts';
import type { Page, PageQuery } from '../../../core/kernel/rules/page.ts';
import { Refusal } from '../../../core/kernel/rules/problem.ts';
import type { Prisma } from '../../generated/client.ts';
import { releaseRow } from '../batches/held-rows.ts';
import { namingHolder } from '../name-holder.ts';
import { type Fields, fieldsOf, type Row, shownRow, toRow } from './shape.ts';

/** The part of a Prisma delegate that rows need. */
export interface Delegate {
  findFirst(query: { where: object }): PromiseLike<Row | null>;
  findMany(query: { where: object; orderBy: object; take: number }): PromiseLike<Row[]>;
  create(query: { data: object }): PromiseLike<unknown>;
  updateMany(query: { where: object; data: object }): PromiseLike<{ count: number }>;
  deleteMany(query: { where: object }): PromiseLike<unknown>;
}

export interface Kind<T> extends Fields {
  /** For people: `Another <kind> has this name here already.` */
  readonly kind: string;
  readonly table: string;
  readonly schema: ZodType<T>;
  /** The column that holds the organization; `undefined` for rows that belong to all. */
  readonly organizationKey: 'organizationId' | 'id' | undefined;
  /** Narrows every read, for example to what is not deleted. */
  readonly visible?: object;
  /** Narrows the rows that hold a name, for example to what is not retired. */
  readonly holding?: object;
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
  return { kind, table, schema, ...fieldsOf(schema.shape), organizationKey, nameKey };
}

export function rowsOf<T extends { readonly id: string }>(
  client: Prisma.TransactionClient,
  delegate: Delegate,
  of: Kind<T>,
): Rows<T> {
  const scope = (organizationId: string) => ({
    ...of.visible,
    ...(of.organizationKey !== undefined && { [of.organizationKey]: organizationId }),
  });

  const find = async (organizationId: string, id: string): Promise<T | undefined> => {
    const row = await delegate.findFirst({ where: { AND: [scope(organizationId), { id }] } });
    return row === null ? undefined : shownRow(of.schema, row);
  };

  return {
    find,
    async lock(organizationId, id) {
      await client.$queryRawUnsafe(`select 1 from "${of.table}" where id = $1::uuid for update`, id);
      return find(organizationId, id);
    },
    async insert(row) {
      await namingHolder(delegate, of, row, () => delegate.create({ data: toRow(of, row) }));
    },
    async update(row) {
      const { id, revision } = { revision: undefined, ...row };
      const next = typeof revision === 'number' ? { ...row, revision: revision + 1 } : row;
      const { count } = await namingHolder(delegate, of, row, () =>
        delegate.updateMany({
          where: { id, ...(typeof revision === 'number' && { revision }) },
          data: toRow(of, next),
        }),
      );
      if (count === 0)
        throw new Refusal(
          'stale-revision',
          `The ${of.kind} has changed since it was read; read it again and repeat the change.`,
        );
      await client.$executeRawUnsafe(releaseRow, id);
      return next;
    },
    async remove(organizationId, id) {
      await delegate.deleteMany({ where: { AND: [scope(organizationId), { id }] } });
    },
    async page(organizationId, query) {
      return pageOf(delegate, of.schema, scope(organizationId), query, 'id');
    },
  };
}

const rowsInOneGo = 25;

/**
 * A page by a unique key. Rows that are inserted or removed between two pages make no other row appear twice or not at
 * all.
 */
export async function pageOf<T>(
  delegate: Delegate,
  schema: ZodType<T>,
  scope: object,
  query: PageQuery,
  key: string,
): Promise<Page<T>> {
  const { limit, cursor, descending = false, where = {} } = query;
  const beyond = cursor === undefined ? {} : { [key]: { [descending ? 'lt' : 'gt']: cursor } };
  const rows = await delegate.findMany({
    where: { AND: [scope, where, beyond] },
    orderBy: { [key]: descending ? 'desc' : 'asc' },
    take: limit + 1,
  });
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
