/**
 * What the API answers to GETs, recorded and compared. Two versions of the service that
 * answer the same from one database read the same in it.
 */
import type { Client } from './client.ts';

/** A GET of the API: its path, and whether it answers pages. */
export interface Readable {
  readonly path: string;
  readonly paged: boolean;
}

export interface RecordedAnswer {
  /** Whose key asked. */
  readonly as: string;
  readonly path: string;
  readonly status: number;
  readonly etag?: string | undefined;
  /** Absent of refusals: their texts may change. */
  readonly body?: unknown;
}

const mostItems = 200;
/** Of so many items of a list, spread over it, what is below them is asked for. The list itself holds all of them. */
const looksInto = 8;

/** Asks for each list as a whole and for two pages of it, and for all that is below some of its items. */
export async function recordAnswers(
  readables: readonly Readable[],
  as: string,
  api: Client,
): Promise<readonly RecordedAnswer[]> {
  const recorded: RecordedAnswer[] = [];
  const read = async (path: string) => {
    const answer = await answerOf(as, path, api);
    recorded.push(answer);
    return answer.body;
  };
  for (const { path, paged } of readables.filter((each) => !each.path.includes('{'))) {
    if (!paged) {
      await read(path);
      continue;
    }
    const whole = await read(`${path}?limit=${mostItems}`);
    if (cursorOf(whole) !== undefined) throw new Error(`${path} has more than ${mostItems} items.`);
    const cursor = cursorOf(await read(`${path}?limit=2`));
    if (cursor !== undefined) await read(`${path}?limit=2&cursor=${encodeURIComponent(cursor)}`);
    for (const below of readables.filter((each) => each.path.startsWith(`${path}/{id}`))) {
      for (const id of someOf(idsOf(whole)))
        await read(`${below.path.replace('{id}', id)}${below.paged ? `?limit=${looksInto}` : ''}`);
    }
  }
  return recorded;
}

/** The answer to one GET. */
export async function answerOf(as: string, path: string, api: Client): Promise<RecordedAnswer> {
  const { status, headers, body } = await api.get(path);
  const etag = headers.get('etag');
  return { as, path, status, ...(etag !== null && { etag }), ...(status < 300 && { body }) };
}

/**
 * What was answered before and is not any more, a line each. More fields than before are fine: answers grow. `mayChange`
 * says of a field, by its place with `[]` for every index, that it need not be the same.
 */
export function differences(
  before: RecordedAnswer,
  now: RecordedAnswer,
  mayChange: (path: string, field: string) => boolean,
): readonly string[] {
  const found: string[] = [];
  const compare = (was: unknown, is: unknown, place: string) => {
    if (mayChange(before.path, place.replace(/\[\d+\]/g, '[]'))) return;
    if (Array.isArray(was) && Array.isArray(is) && was.length === is.length) {
      for (const [index, each] of was.entries()) compare(each, is[index], `${place}[${index}]`);
    } else if (isObject(was) && isObject(is)) {
      for (const [key, value] of Object.entries(was)) compare(value, is[key], place === '' ? key : `${place}.${key}`);
    } else if (JSON.stringify(was) !== JSON.stringify(is)) {
      found.push(`${before.as} GET ${before.path} ${place}: was ${JSON.stringify(was)}, is ${JSON.stringify(is)}`);
    }
  };
  compare(before, now, '');
  return found;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function cursorOf(body: unknown): string | undefined {
  return isObject(body) && typeof body.nextCursor === 'string' ? body.nextCursor : undefined;
}

function someOf(ids: readonly string[]): readonly string[] {
  const step = Math.max(1, ids.length / looksInto);
  return ids.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step));
}

function idsOf(body: unknown): readonly string[] {
  const items: readonly unknown[] = isObject(body) && Array.isArray(body.items) ? body.items : [];
  return items.flatMap((item) => {
    const id = isObject(item) ? (item.id ?? item.operationId) : undefined;
    return typeof id === 'string' ? [id] : [];
  });
}
