/**
 * A complete list of a kind, in a namespace or in the whole cluster, page by page, as of one moment. A list that
 * expires half way (410) is worth nothing and starts again. It is read from the store and not from the API server's
 * cache, because a resource that is missing from it counts as deleted.
 */
import type { ClusterFailure } from '../../core/clusters/rules/failure.ts';
import { failureOf } from '../http/failures.ts';
import { jsonOf } from '../http/json.ts';
import { unreachable } from '../http/unreachable.ts';
import { type Identified, ListPage, observationOf, pathOf } from './resource.ts';
import type { WatchScope } from './watch-scope.ts';

const pageSize = 500;
const maxPageBytes = 64 * 1024 * 1024;
const maxPageCount = 2000;

export type Listed =
  | { readonly kind: 'Listed'; readonly version: string; readonly present: ReadonlySet<string> }
  | { readonly kind: 'Expired' }
  | { readonly kind: 'Failed'; readonly failure: ClusterFailure };

/** `take` gets the observations of each page. When it rejects, `listAll` rejects with the same. */
export async function listAll<Observed extends Identified>(
  scope: WatchScope<Observed>,
  take: (observations: readonly Observed[]) => Promise<void>,
  signal: AbortSignal,
): Promise<Listed> {
  const present = new Set<string>();
  let next = '';
  for (let pageCount = 0; pageCount < maxPageCount; pageCount += 1) {
    const page = await pageAt(scope, next, signal);
    if (page.kind !== 'Page') return page;
    const observations = page.items
      .map((item) => observationOf(scope.kind, item, { deleted: false, source: 'Listed' }))
      .filter((observation) => observation !== undefined);
    for (const { namespace, name } of observations) present.add(`${namespace}/${name}`);
    await take(observations);
    if (page.next === '') return { kind: 'Listed', version: page.version, present };
    next = page.next;
  }
  return {
    kind: 'Failed',
    failure: { kind: 'ServerError', message: `The list of ${scope.kind.resource} does not come to an end.` },
  };
}

type PageAnswer =
  | { readonly kind: 'Page'; readonly version: string; readonly next: string; readonly items: readonly unknown[] }
  | Exclude<Listed, { kind: 'Listed' }>;

async function pageAt(
  { kind, namespace, client, timings }: WatchScope<Identified>,
  next: string,
  signal: AbortSignal,
): Promise<PageAnswer> {
  const path = pathOf(kind, namespace, { limit: String(pageSize), ...(next !== '' && { continue: next }) });
  try {
    const limits = { seconds: timings.pageSeconds, bytes: maxPageBytes, signal };
    const answer = await client.call({ method: 'GET', path }, limits);
    if (answer.status === 410) return { kind: 'Expired' };
    const page = answer.status === 200 ? ListPage.safeParse(jsonOf(answer.text)) : undefined;
    if (page?.success !== true) return { kind: 'Failed', failure: failureOf(answer, Date.now()) };
    const { metadata, items } = page.data;
    return { kind: 'Page', version: metadata.resourceVersion, next: metadata.continue ?? '', items };
  } catch (error) {
    return { kind: 'Failed', failure: unreachable(error) };
  }
}
