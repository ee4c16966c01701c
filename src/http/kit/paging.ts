/**
 * Lists, page by page. A cursor stands for the last row of a page and not for a count of rows. So rows that are inserted
 * or removed meanwhile make no other row appear twice or get lost. Ids are UUIDs of version 7, so their order is that of
 * creation.
 */
import { z } from 'zod';
import { GivenInstant } from '../../core/kernel/rules/fields.ts';
import type { Page, PageQuery } from '../../core/kernel/rules/page.ts';
import { Refusal } from '../../core/kernel/rules/problem.ts';
import { documentedDefault, QueryBoolean, queryInteger } from './parameters.ts';

/** An order by `field`, and its reverse. Names for both are given, because generators make one of `at` and `-at`. */
function orderBy<const Field extends string>(id: string, field: Field, description: string) {
  const capital = field.charAt(0).toUpperCase() + field.slice(1);
  return z
    .enum([field, `-${field}`])
    .meta({ id, description, 'x-enum-varnames': [`${capital}Ascending`, `${capital}Descending`] });
}

export const CreationOrder = orderBy(
  'CreationOrder',
  'createdAt',
  'createdAt: oldest first; -createdAt: newest first.',
);
export const EventOrder = orderBy('EventOrder', 'at', 'at: oldest first; -at: newest first.');
export const SlotOrder = orderBy(
  'SlotOrder',
  'scheduledFor',
  'scheduledFor: oldest slot first; -scheduledFor: newest slot first.',
);
export const SeverityOrder = orderBy(
  'SeverityOrder',
  'severity',
  '-severity: the worst first; severity: the best first.',
);

const paging = {
  limit: queryInteger(1, 200)
    .default(50)
    .meta({ description: 'How many items a page has at most.', ...documentedDefault(50) }),
  cursor: z
    .string()
    .min(1)
    .max(500)
    .optional()
    .describe('`nextCursor` of the previous page. Send the same orderBy and filters with it.'),
};

/** The query of a list: limit, cursor, orderBy, and filters that are named by fields. */
export function listQuery<Order extends z.ZodType, Filters extends z.ZodRawShape>(orderBy: Order, filters: Filters) {
  return z.strictObject({ ...paging, orderBy: orderBy.describe('The order of the list.'), ...filters });
}

/** The schema of a page. */
export function listOf<Row extends z.ZodType>(id: string, row: Row, items: string) {
  return z
    .object({
      items: z.array(row),
      nextCursor: z.string().optional().describe('Send it as `cursor` to get the next page. Absent on the last page.'),
    })
    .meta({ id, description: `A page of ${items}.` });
}

/** The filter of lists whose resources can be retired. */
export const includeRetired = {
  includeRetired: QueryBoolean.default(false).meta({
    description: 'true: the list includes what was retired.',
    ...documentedDefault(false),
  }),
};

/** The query without the filter, which leaves out what was retired unless it is asked for. */
export function unretired({ where, ...query }: PageQuery): PageQuery {
  const { includeRetired: wanted, ...rest } = where ?? {};
  return { ...query, where: wanted === true ? rest : { ...rest, retiredAt: null } };
}

interface ListQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
  readonly orderBy: string;
}

/**
 * `list` reads one page of the store. The client gets its cursor as an opaque text, which is checked when it comes
 * back.
 */
export async function listed<Row>(
  { limit, cursor, orderBy, ...where }: ListQuery,
  list: (query: PageQuery) => Promise<Page<Row>>,
): Promise<{ items: Row[]; nextCursor?: string }> {
  const after = cursor === undefined ? undefined : lastOf(cursor, orderBy);
  const { items, nextCursor } = await list({ limit, cursor: after, descending: orderBy.startsWith('-'), where });
  return { items: [...items], ...(nextCursor !== undefined && { nextCursor: cursorOf(orderBy, nextCursor) }) };
}

const CreationCursor = z.tuple([z.string(), z.uuid()]);
const SlotCursor = z.tuple([z.string(), GivenInstant]);
const SeverityCursor = z.tuple([z.string(), z.string().regex(/^\d:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)]);

function cursorFor(orderBy: string) {
  if (SlotOrder.safeParse(orderBy).success) return SlotCursor;
  return SeverityOrder.safeParse(orderBy).success ? SeverityCursor : CreationCursor;
}

function cursorOf(orderBy: string, last: string): string {
  return Buffer.from(JSON.stringify([orderBy, last])).toString('base64url');
}

function lastOf(cursor: string, orderBy: string): string {
  const Cursor = cursorFor(orderBy);
  const read = Cursor.safeParse(parsed(Buffer.from(cursor, 'base64url').toString('utf8')));
  // Several texts decode alike in base64url; only the one that was sent is accepted.
  if (read.success && read.data[0] === orderBy && cursorOf(...read.data) === cursor) return read.data[1];
  const detail = 'comes from no answer for this list in this order. Start again without it.';
  throw new Refusal('invalid-request', `The cursor ${detail}`, { errors: [{ pointer: 'query/cursor', detail }] });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
