/** From a request to a use case and back: the transaction, the caller, the time, and the answer. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Call, Reading } from '../../core/access/call.ts';
import { type Answer, type IdempotentRequest, once, onceOutsideTransaction } from '../../core/access/idempotency.ts';
import { canonicalJson } from '../../core/kernel/rules/json/canonical-json.ts';
import { callerOf } from './auth.ts';
import type { RoutePorts } from './ports.ts';
import { etagOf, type Revised } from './revisions.ts';

/** The call of a use case that only reads. */
export async function reading<Tables>(
  { store, vault, clock }: RoutePorts<Tables>,
  request: FastifyRequest,
): Promise<Reading<Tables>> {
  return { tx: store.tables, caller: callerOf(request), now: await clock.now(), vault };
}

/** Runs a use case in one transaction. */
export async function write<Tables, T>(
  ports: RoutePorts<Tables>,
  request: FastifyRequest,
  work: (call: Call<Tables>) => Promise<T>,
): Promise<T> {
  const { store, vault, clock } = ports;
  const caller = callerOf(request);
  const now = await clock.now();
  return store.transaction((tx) => work({ tx, caller, now, vault }));
}

/** `write` for a POST: it takes effect once for each Idempotency-Key. Repetitions get the first answer. */
export async function answerOnce<Tables>(
  ports: RoutePorts<Tables>,
  request: FastifyRequest,
  reply: FastifyReply,
  work: (call: Call<Tables>) => Promise<Answer>,
): Promise<void> {
  const { store, vault, clock } = ports;
  const caller = callerOf(request);
  const now = await clock.now();
  await sendOnce(reply, await once(store, keyedBy(ports, request), (tx) => work({ tx, caller, now, vault })));
}

/** `answerOnce` for work that calls a cluster, which no transaction may wait for. */
export async function answerOnceOutsideTransaction(
  ports: RoutePorts<unknown>,
  request: FastifyRequest,
  reply: FastifyReply,
  work: () => Promise<Answer>,
): Promise<void> {
  await sendOnce(reply, await onceOutsideTransaction(ports.store, keyedBy(ports, request), work));
}

/** 201 with the address of the new resource. */
export function created<Body extends { readonly id: string } & Partial<Revised>>(
  collection: string,
  body: Body,
): Answer {
  const { id, revision } = body;
  return {
    status: 201,
    body,
    headers: { location: `${collection}/${id}`, ...(revision !== undefined && { etag: etagOf({ revision }) }) },
  };
}

/** 200 with the resource after the action. */
export function done(body: object & Partial<Revised>): Answer {
  const { revision } = body;
  return { status: 200, body, headers: revision === undefined ? {} : { etag: etagOf({ revision }) } };
}

async function sendOnce(
  reply: FastifyReply,
  { status, body, headers, replayed }: Answer & { readonly replayed: boolean },
): Promise<void> {
  if (replayed) reply.header('idempotency-replayed', 'true');
  await reply
    .code(status)
    .headers(headers ?? {})
    .send(body);
}

/** The Idempotency-Key belongs to one API key and one address. With another body or query it is refused. */
function keyedBy(
  { vault }: Pick<RoutePorts<unknown>, 'vault'>,
  request: FastifyRequest,
): IdempotentRequest | undefined {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return undefined;
  const { organizationId, apiKeyId } = callerOf(request);
  const route = `${request.method} ${request.routeOptions.url} ${request.url.split('?', 1).join('')}`;
  const scope = { organizationId, apiKeyId, route, key: String(key) };
  return { scope, requestHash: vault.hashOf(canonicalJson({ body: request.body ?? null, query: request.query })) };
}
