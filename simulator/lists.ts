// Lists: selectors, chunks with continue tokens that keep one consistent snapshot, and the resourceVersion rules.

import type { Json, JsonObject } from './json.ts';
import { at, parseJson, text } from './json.ts';
import type { ResourceType } from './registry.ts';
import type { Selector } from './selectors.ts';
import { fieldSelector, labelSelector } from './selectors.ts';
import { ApiError, badRequest, expired, failure, invalidOptions, statusBody } from './status.ts';
import type { Store } from './store.ts';
import { itemKey } from './store.ts';

const EVENT_FIELDS = [
  'involvedObject.name',
  'involvedObject.namespace',
  'involvedObject.kind',
  'involvedObject.uid',
  'reason',
  'type',
];

export function selectorOf(type: ResourceType, query: URLSearchParams): Selector {
  const byLabel = labelSelector(query.get('labelSelector') ?? '');
  const byField = fieldSelector(query.get('fieldSelector') ?? '', type.plural === 'events' ? EVENT_FIELDS : []);
  return (object) => byLabel(object) && byField(object);
}

/** A whole number of the query; 0 when absent. Throws 400 for what is none. */
export function wholeNumber(query: URLSearchParams, key: string): number {
  const value = query.get(key) ?? '';
  if (value !== '' && !/^[-+]?\d+$/.test(value))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
  return Number(value);
}

const notANumber = (value: string): string =>
  `resourceVersion: Invalid value: ${JSON.stringify(value)}: strconv.ParseUint: parsing ${JSON.stringify(value)}: invalid syntax`;

export function revisionOf(value: string, wrong: (message: string) => Error): number {
  if (value === '') return 0;
  if (!/^\d+$/.test(value)) throw wrong(notANumber(value));
  return Number(value);
}

/** How long a real server waits for a revision that it has not reached yet. */
export const LAG_MS = 3_000;

export const tooLargeRevision = (asked: number, current: number): ApiError =>
  new ApiError(
    504,
    'Timeout',
    statusBody(504, 'Timeout', `Timeout: Too large resource version: ${asked}, current: ${current}`, {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    }),
    { 'Retry-After': '1' },
  );

export function checkMatch(query: URLSearchParams): void {
  const match = query.get('resourceVersionMatch') ?? '';
  const version = query.get('resourceVersion') ?? '';
  if (match === '') return;
  const refuse = (reason: string, message: string): never => {
    throw invalidOptions('ListOptions', 'resourceVersionMatch', reason, message);
  };
  if (match !== 'Exact' && match !== 'NotOlderThan')
    refuse('FieldValueNotSupported', `Unsupported value: "${match}": supported values: "Exact", "NotOlderThan", ""`);
  if (query.get('sendInitialEvents') === 'true') return;
  if (version === '')
    refuse('FieldValueForbidden', 'Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided');
  if ((query.get('continue') ?? '') !== '')
    refuse('FieldValueForbidden', 'Forbidden: resourceVersionMatch is forbidden when continue is provided');
  if (match === 'Exact' && version === '0')
    refuse('FieldValueForbidden', 'Forbidden: resourceVersionMatch "Exact" is forbidden for resourceVersion "0"');
}

/** The objects as they were at the revision; undefined when the history does not reach back. */
function snapshot(
  store: Store,
  type: ResourceType,
  namespace: string,
  revision: number,
): readonly JsonObject[] | undefined {
  if (revision >= store.revision) return store.list(type, namespace);
  const changes = store.since(type, revision);
  if (changes === undefined) return undefined;
  const keyed = (object: JsonObject): string =>
    itemKey(text(object, 'metadata', 'namespace'), text(object, 'metadata', 'name'));
  const objects = new Map(store.list(type, namespace).map((object) => [keyed(object), object]));
  for (const change of changes.toReversed()) {
    if (namespace !== '' && text(change.object, 'metadata', 'namespace') !== namespace) continue;
    if (change.before === undefined) objects.delete(keyed(change.object));
    else objects.set(keyed(change.object), change.before);
  }
  return [...objects].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
}

const encodeToken = (revision: number, start: string): string =>
  Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: `${start}\u0000` })).toString('base64url');

function decodeToken(token: string): { readonly revision: number; readonly start: string } {
  try {
    const value = parseJson(Buffer.from(token, 'base64url').toString());
    const revision = at(value, 'rv');
    if (typeof revision === 'number') return { revision, start: text(value, 'start').slice(0, -1) };
  } catch {
    // Falls through to the refusal below.
  }
  throw badRequest(
    "invalid continue token: continue key is not valid: invalid character 'i' looking for beginning of value",
  );
}

const STALE_TOKEN =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.';

export interface Page {
  readonly items: readonly JsonObject[];
  readonly metadata: JsonObject;
}

export function listPage(
  store: Store,
  type: ResourceType,
  namespace: string,
  query: URLSearchParams,
  forcedExpiry: boolean,
): Page {
  checkMatch(query);
  const fits = selectorOf(type, query);
  const limit = wholeNumber(query, 'limit');
  const token = query.get('continue') ?? '';
  const asked = revisionOf(query.get('resourceVersion') ?? '', (message) =>
    badRequest(`invalid resource version: ${message}`),
  );
  if (token !== '' && asked > 0) throw badRequest('specifying resource version is not allowed when using continue');
  if (asked > store.revision) throw tooLargeRevision(asked, store.revision);
  const resumed = token === '' ? undefined : decodeToken(token);
  const exact =
    query.get('resourceVersionMatch') === 'Exact' ||
    (asked > 0 && limit > 0 && query.get('resourceVersionMatch') === null);
  const revision = resumed !== undefined && resumed.revision >= 0 ? resumed.revision : exact ? asked : store.revision;
  const all = forcedExpiry ? undefined : snapshot(store, type, namespace, revision);
  if (all === undefined && resumed !== undefined) {
    const body = failure(410, 'Expired', STALE_TOKEN).body ?? {};
    throw new ApiError(410, STALE_TOKEN, { ...body, metadata: { continue: encodeToken(-1, resumed.start) } });
  }
  if (all === undefined) throw expired('The resourceVersion for the provided list is too old.');
  const keyed = (object: JsonObject): string =>
    namespace === ''
      ? itemKey(text(object, 'metadata', 'namespace'), text(object, 'metadata', 'name'))
      : text(object, 'metadata', 'name');
  const rest = all.filter((object) => fits(object) && (resumed === undefined || keyed(object) > resumed.start));
  const items = limit > 0 ? rest.slice(0, limit) : rest;
  const last = items.at(-1);
  const more = rest.length - items.length;
  const selected = query.get('labelSelector') !== null || query.get('fieldSelector') !== null;
  const metadata: JsonObject = {
    continue: more > 0 && last !== undefined ? encodeToken(revision, keyed(last)) : '',
    ...(more > 0 && !selected ? { remainingItemCount: more } : {}),
    resourceVersion: String(revision),
  };
  return { items, metadata };
}

export function listBody(type: ResourceType, page: Page): JsonObject {
  const items: Json[] = [...page.items];
  return { apiVersion: type.apiVersion, items, kind: type.listKind, metadata: page.metadata };
}
