/**
 * The HTTP client of one cluster, made from explicit fields only: it reads nothing from files, environment or programs.
 * It keeps connections alive, follows no redirects, and speaks HTTP/2 where the cluster does, else HTTP/1.1.
 *
 * A call ends within its time whatever the cluster does. The time counts from the start to the last byte, waiting for a
 * free connection included. Where the cluster repeats our token in an error or a warning, the token is removed.
 */

import type { ClusterAccess } from '../../core/clusters/rules/cluster.ts';
import type { FollowedResource } from '../../core/observation/ports.ts';
import { fieldManager } from '../../core/operations/rules/manifest.ts';
import { orAborted } from '../timers.ts';
import { type CallDeadline, callDeadline } from './call-deadline.ts';
import type { HttpAnswer } from './failures.ts';
import { replaceablePool } from './goaway-pool.ts';
import { abortUnsentAfter } from './send-deadline.ts';
import { guardSockets } from './socket-guard.ts';
import { type ConnectRules, tlsConnector } from './tls-connect.ts';
import { AnswerTooLarge, UnreachableError } from './unreachable.ts';

export interface Request {
  readonly method: 'GET' | 'PATCH' | 'POST' | 'DELETE';
  /** Path and query below the server's address. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

export interface CallLimits {
  readonly seconds: number;
  readonly bytes: number;
  readonly signal?: AbortSignal | undefined;
  /**
   * By `performance.now()`. A write that could not be sent by then is not sent. If absent, a write may wait for five
   * seconds.
   */
  readonly sendUntil?: number | undefined;
}

export interface ResponseStream {
  readonly answer: Omit<HttpAnswer, 'text'>;
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Ends the stream at once; `chunks` then rejects with this reason. */
  cut(reason: Error): void;
}

export interface ClusterClient {
  /** The API server's address as calls use it: https, without a slash at its end. */
  readonly server: string;
  /** Resolves with the answer, whatever its status. Rejects when there is none: network, TLS, time, size. */
  call(request: Request, limits: CallLimits): Promise<HttpAnswer>;
  /**
   * Resolves with the answer's head, which must come within the time of a call, and its chunks as they come. Ends with
   * `signal`.
   */
  stream(request: Request, signal: AbortSignal): Promise<ResponseStream>;
  /**
   * Takes room for one more watch until the returned function is called; `undefined` when there is no room. Over
   * HTTP/1.1 each watch takes a connection, and one is left for calls. Over HTTP/2 there is room for two hundred. A
   * resource other than Operations takes at most half of the room, and Velero's take none over HTTP/1.1.
   */
  reserveWatch(resource: FollowedResource): (() => void) | undefined;
  /** The address that it connects to, if it is one that new registrations may not have. */
  readonly localAddress: string | undefined;
  /** Cuts everything that still runs. */
  close(): Promise<void>;
}

export interface ClientOptions extends ConnectRules {
  readonly connectionCount: number;
  /** Called with the headers of each answer. */
  readonly answered?: (server: string, headers: HttpAnswer['headers']) => void;
}

/** What has room for a watch over HTTP/1.1 as well. */
const needsRoom: ReadonlySet<FollowedResource> = new Set(['operations', 'applicationinstances']);

/** How long a write without `sendUntil` may wait to be sent. */
const maxWaitMs = 5_000;

/** API servers allow 100 streams on a connection, and more. Of three connections a third is left for calls. */
const maxStreamCount = 200;

export function openClient(access: ClusterAccess, options: ClientOptions): ClusterClient {
  const server = serverOf(access);
  const { timings } = options;
  const sockets = guardSockets(options.connectionCount, timings.pingSeconds);
  let localAddress: string | undefined;
  const connect = tlsConnector(access, options, {
    opened: sockets.add,
    local: (address) => {
      localAddress = address;
    },
  });
  const pool = replaceablePool(server.origin, {
    connectionCount: options.connectionCount,
    pingSeconds: timings.pingSeconds,
    connect,
  });
  const reserved: FollowedResource[] = [];
  const prefix = server.pathname.replace(/\/+$/, '');

  const sender = (method: Request['method'], sendUntil = performance.now() + maxWaitMs) => {
    const { dispatcher } = pool.current;
    return method === 'GET' ? dispatcher : dispatcher.compose(abortUnsentAfter(sendUntil));
  };
  const send = async (request: Request, signal: AbortSignal, sendUntil?: number) => {
    // While a request waits in the pool's queue, its signal does not end it.
    const answer = await orAborted(
      sender(request.method, sendUntil).request({
        method: request.method,
        path: `${prefix}${request.path}`,
        headers: {
          accept: 'application/json',
          'user-agent': fieldManager,
          ...authorization(access),
          ...request.headers,
        },
        body: request.body ?? null,
        signal,
      }),
      signal,
    );
    options.answered?.(server.host, answer.headers);
    return answer;
  };

  return {
    server: `${server.origin}${prefix}`,
    get localAddress() {
      return localAddress;
    },
    async call(request, limits) {
      const timer = callDeadline(limits.seconds, limits.signal);
      try {
        const { statusCode, headers, body } = await send(request, timer.signal, limits.sendUntil);
        const text = await textOf(body, limits.bytes);
        return statusCode < 300
          ? { status: statusCode, headers: { ...headers, warning: withoutToken(headers.warning, access) }, text }
          : { status: statusCode, headers, text: withoutToken(text, access) };
      } catch (error) {
        throw timer.signal.aborted ? timer.signal.reason : error;
      } finally {
        timer.clear();
      }
    },
    async stream(request, signal) {
      const timer = callDeadline(timings.callSeconds, signal);
      try {
        const { current } = pool;
        const { statusCode, headers, body } = await send(request, timer.signal);
        // A refusal is read on the connection on which it came, within the time of a call: with a 401 API servers send
        // GOAWAY as well.
        if (statusCode < 300) {
          timer.lift();
          current.openStreams.add(timer.abort);
        }
        if (current !== pool.current) current.leave();
        const chunks = withTimerCleared(body, timer, () => current.openStreams.delete(timer.abort));
        return { answer: { status: statusCode, headers }, chunks, cut: timer.abort };
      } catch (error) {
        timer.clear();
        throw timer.signal.aborted ? timer.signal.reason : error;
      }
    },
    reserveWatch(resource) {
      const most = sockets.http2 ? maxStreamCount : options.connectionCount - 1;
      if (!sockets.http2 && !needsRoom.has(resource)) return undefined;
      const sameCount = reserved.filter((each) => each === resource).length;
      if (reserved.length >= most || (resource !== 'operations' && sameCount >= most / 2)) return undefined;
      reserved.push(resource);
      return () => {
        reserved.splice(reserved.indexOf(resource), 1);
      };
    },
    async close() {
      await pool.close();
      sockets.close();
    },
  };
}

function serverOf(access: ClusterAccess): URL {
  const server = URL.parse(access.server);
  if (server === null || server.protocol !== 'https:')
    throw new UnreachableError('the address of the API server must start with https://');
  return server;
}

function authorization(access: ClusterAccess): Record<string, string> {
  return access.token === undefined ? {} : { authorization: `Bearer ${access.token}` };
}

function withoutToken<Text extends string | string[] | undefined>(text: Text, access: ClusterAccess): Text;
function withoutToken(text: string | string[] | undefined, { token }: ClusterAccess): string | string[] | undefined {
  if (token === undefined || text === undefined) return text;
  return typeof text === 'string'
    ? text.replaceAll(token, '[token]')
    : text.map((each) => each.replaceAll(token, '[token]'));
}

async function textOf(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let byteCount = 0;
  for await (const chunk of body) {
    byteCount += chunk.length;
    if (byteCount > maxBytes) throw new AnswerTooLarge(maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function* withTimerCleared(
  body: AsyncIterable<Uint8Array>,
  timer: CallDeadline,
  ended: () => void,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw timer.signal.aborted ? timer.signal.reason : error;
  } finally {
    ended();
    timer.clear();
  }
}
