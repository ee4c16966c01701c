/**
 * One query of a discovery: it results in a value or a failure, never in an exception. Each query has a part of the
 * whole time, so that a slow one leaves time for the others.
 */

import { z } from 'zod';
import type { DiscoveryPart } from '../../core/clusters/rules/discovery.ts';
import type { ClusterFailure } from '../../core/clusters/rules/failure.ts';
import { clip } from '../../core/kernel/rules/condition.ts';
import type { CallLimits, ClusterClient, Request } from '../http/client.ts';
import { failureOf } from '../http/failures.ts';
import { jsonOf } from '../http/json.ts';
import { UnreachableError, unreachable } from '../http/unreachable.ts';

export interface QueryResult<T> {
  readonly value?: T;
  readonly failure?: ClusterFailure;
}

export type Query = <T>(request: Request, schema: z.ZodType<T>) => Promise<QueryResult<T>>;

export interface QueriedList<T> {
  readonly items: readonly T[];
  readonly truncated: boolean;
}

const maxItemCount = 200;
const pageSize = 100;

/** `limits.seconds` is for all queries together; each has at most a third of it. */
export function queryWithin(client: ClusterClient, limits: CallLimits): Query {
  const endsAt = performance.now() + limits.seconds * 1000;
  return async (request, schema) => {
    const left = (endsAt - performance.now()) / 1000;
    if (left <= 0) return { failure: unreachable(new UnreachableError('no time was left to ask the cluster')) };
    try {
      const answer = await client.call(request, { ...limits, seconds: Math.min(left, limits.seconds / 3) });
      const parsed = answer.status < 300 ? schema.safeParse(jsonOf(answer.text)) : undefined;
      return parsed?.success === true ? { value: parsed.data } : { failure: failureOf(answer, Date.now()) };
    } catch (error) {
      return { failure: unreachable(error) };
    }
  };
}

const Page = z.object({
  metadata: z.object({ continue: z.string().optional() }).default({}),
  items: z
    .array(z.unknown())
    .nullish()
    .transform((items) => items ?? []),
});

/** A list, page by page, up to 200 entries. Entries that are no `item` are left out. */
export async function queryList<T>(
  query: Query,
  path: string,
  item: z.ZodType<T>,
  parameters: Readonly<Record<string, string>> = {},
): Promise<QueryResult<QueriedList<T>>> {
  const items: T[] = [];
  let next = '';
  do {
    const paged = { ...parameters, limit: String(pageSize), ...(next !== '' && { continue: next }) };
    const page = await query({ method: 'GET', path: `${path}?${new URLSearchParams(paged)}` }, Page);
    const { value, failure } = page;
    if (value === undefined) {
      if (next !== '') return { value: { items, truncated: true } };
      return failure === undefined ? {} : { failure };
    }
    for (const each of value.items) {
      const { data } = item.safeParse(each);
      if (data !== undefined) items.push(data);
    }
    next = value.metadata.continue ?? '';
  } while (next !== '' && items.length < maxItemCount);
  return { value: { items: items.slice(0, maxItemCount), truncated: next !== '' || items.length > maxItemCount } };
}

/** A 403 is Unknown, as is a query without an answer; only the cluster's own 404 is Absent. */
export function findingOf(result: QueryResult<unknown>, now: string): DiscoveryPart {
  if (result.value !== undefined) return { status: 'Known', checkedAt: now };
  if (isAbsent(result)) return { status: 'Absent', checkedAt: now };
  return { status: 'Unknown', problem: clip(result.failure?.message ?? 'The cluster was not asked.') };
}

export function isAbsent({ failure }: QueryResult<unknown>): boolean {
  return failure?.kind === 'Refused' && failure.status === 404;
}

export function isForbidden({ failure }: QueryResult<unknown>): boolean {
  return failure?.kind === 'Refused' && failure.status === 403;
}

/** As `findingOf`, with the entries of the list. */
export function findingOfList<T>(
  result: QueryResult<QueriedList<T>>,
  now: string,
): DiscoveryPart & { items?: T[]; truncated?: boolean } {
  const { value } = result;
  const whole = findingOf(result, now);
  if (value === undefined) return whole.status === 'Absent' ? { ...whole, items: [] } : whole;
  return { ...whole, items: [...value.items], ...(value.truncated && { truncated: true }) };
}
