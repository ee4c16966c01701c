/**
 * A complete list of a kind, in a namespace or in the whole cluster, page by page, as of one moment. A list that
 * expires half way (410) is worth nothing and starts again. It is read from the store and not from the API server's
 * cache, because a resource that is missing from it counts as deleted.
 *
 * A page that is larger than what may be parsed at one go is asked for again with a fifth of the resources. One resource
 * always fits: an API server stores none that is larger than 1.5 MiB. A server that answers with more all the same does
 * not heed the limit, so what it sends is read as a whole.
 */
import type { ClusterFailure } from '../../core/clusters/rules/failure.ts';
import { inPaces } from '../../core/kernel/pace.ts';
import type { Paced } from '../../core/kernel/rules/paced.ts';
import { failureOf } from '../http/failures.ts';
import { jsonOf } from '../http/json.ts';
import { AnswerTooLarge, unreachable } from '../http/unreachable.ts';
import { type Identified, ListPage, observationOf, pathOf } from './resource.ts';
import type { WatchScope } from './watch-scope.ts';

const largestPage = 500;
const smallerBy = 5;
/** Parsing so much text holds the event loop for some tens of milliseconds. */
const maxPageBytes = 4 * 1024 * 1024;
const maxWholeBytes = 16 * 1024 * 1024;
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
  let pageSize = largestPage;
  for (let pageCount = 0; pageCount < maxPageCount; pageCount += 1) {
    const page = await pageAt(scope, { next, pageSize }, signal);
    if (page.kind === 'TooLarge') {
      pageSize = Math.floor(pageSize / smallerBy);
      continue;
    }
    if (page.kind !== 'Page') return page;
    const observations = await inPaces(observationsIn(scope, page.items));
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

/** A page is read in pieces, because a cluster may make it as large as it likes. */
function* observationsIn<Observed extends Identified>(
  { kind }: WatchScope<Observed>,
  items: readonly unknown[],
): Paced<Observed[]> {
  const observations: Observed[] = [];
  for (const item of items) {
    const observation = observationOf(kind, item, { deleted: false, source: 'Listed' });
    if (observation !== undefined) observations.push(observation);
    yield;
  }
  return observations;
}

type PageAnswer =
  | { readonly kind: 'Page'; readonly version: string; readonly next: string; readonly items: readonly unknown[] }
  | { readonly kind: 'TooLarge' }
  | Exclude<Listed, { kind: 'Listed' }>;

async function pageAt(
  { kind, namespace, client, timings }: WatchScope<Identified>,
  { next, pageSize }: { readonly next: string; readonly pageSize: number },
  signal: AbortSignal,
): Promise<PageAnswer> {
  const path = pathOf(kind, namespace, {
    limit: String(Math.max(pageSize, 1)),
    ...(next !== '' && { continue: next }),
  });
  try {
    const limits = { seconds: timings.pageSeconds, bytes: pageSize === 0 ? maxWholeBytes : maxPageBytes, signal };
    const answer = await client.call({ method: 'GET', path }, limits);
    if (answer.status === 410) return { kind: 'Expired' };
    const page = answer.status === 200 ? ListPage.safeParse(jsonOf(answer.text)) : undefined;
    if (page?.success !== true) return { kind: 'Failed', failure: failureOf(answer, Date.now()) };
    const { metadata, items } = page.data;
    return { kind: 'Page', version: metadata.resourceVersion, next: metadata.continue ?? '', items };
  } catch (error) {
    if (error instanceof AnswerTooLarge && pageSize > 0) return { kind: 'TooLarge' };
    return { kind: 'Failed', failure: unreachable(error) };
  }
}
