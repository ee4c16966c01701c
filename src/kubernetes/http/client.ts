/**
 * The connections to one cluster, from explicit fields only: nothing is read from files, environment or programs.
 * Keep-alive, no redirects, HTTP/2 where the cluster speaks it, else HTTP/1.1. A call ends within its time whatever the
 * far side does: the time counts from the start, waits for a free connection included, to the last byte. Nothing that
 * the cluster says in an error repeats our token.
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
import { UnreachableError } from './unreachable.ts';

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
  /** By `performance.now()`. What could not be sent until then is not sent; of a write, without it, after five seconds. */
  readonly sendUntil?: number | undefined;
}

export interface ResponseStream {
  readonly answer: Omit<HttpAnswer, 'text'>;
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Ends it at once; the chunks then reject with this reason. */
  cut(reason: Error): void;
}

export interface ClusterClient {
  /** The API server's address as calls use it: https, without a slash at its end. */
  readonly server: string;
  /** The answer, whatever its status. Rejects when there is none: network, TLS, time, size. */
  call(request: Request, limits: CallLimits): Promise<HttpAnswer>;
  /** The answer's head and its chunks as they come; ends with `signal`. The head must come within the time of a call. */
  stream(request: Request, signal: AbortSignal): Promise<ResponseStream>;
  /**
   * Room for one more watch, until the returned function is called. Over HTTP/1.1 each takes a connection, and one is
   * left for calls; over HTTP/2 there is room for some hundred. What is not Operations takes at most half.
   */
  reserveWatch(resource: FollowedResource): (() => void) | undefined;
  /** Cuts whatever still runs. */
  close(): Promise<void>;
}

export interface ClientOptions extends ConnectRules {
  readonly connectionCount: number;
}

/** What writes and does not say until when it may be sent waits no longer than this. */
const maxWaitMs = 5_000;

/** API servers allow 100 streams a connection and more. A third of three connections is left for calls. */
const maxStreamCount = 200;

export function openClient(access: ClusterAccess, options: ClientOptions): ClusterClient {
  const server = serverOf(access);
  const { timings } = options;
  const sockets = guardSockets(options.connectionCount, timings.pingSeconds);
  const connect = tlsConnector(access, options, sockets.add);
  const pool = replaceablePool(server.origin, {
    connectionCount: options.connectionCount,
    pingSeconds: timings.pingSeconds,
    connect,
  });
  const streams: FollowedResource[] = [];
  const prefix = server.pathname.replace(/\/+$/, '');

  const sender = (method: Request['method'], sendUntil = performance.now() + maxWaitMs) => {
    const { dispatcher } = pool.current;
    return method === 'GET' ? dispatcher : dispatcher.compose(abortUnsentAfter(sendUntil));
  };
  const send = (request: Request, signal: AbortSignal, sendUntil?: number) =>
    // A request that waits in the pool's queue does not listen to its signal; only one that was sent does.
    orAborted(
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

  return {
    server: `${server.origin}${prefix}`,
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
        // A refusal ends within the time of a call, and is read where it came: with a 401 API servers ask to leave.
        if (statusCode < 300) {
          timer.lift();
          current.running.add(timer.abort);
        }
        if (current !== pool.current) current.leave();
        const chunks = withTimerCleared(body, timer, () => current.running.delete(timer.abort));
        return { answer: { status: statusCode, headers }, chunks, cut: timer.abort };
      } catch (error) {
        timer.clear();
        throw timer.signal.aborted ? timer.signal.reason : error;
      }
    },
    reserveWatch(resource) {
      const most = sockets.http2 ? maxStreamCount : options.connectionCount - 1;
      const ofIts = streams.filter((each) => each === resource).length;
      if (streams.length >= most || (resource !== 'operations' && ofIts >= most / 2)) return undefined;
      streams.push(resource);
      return () => {
        streams.splice(streams.indexOf(resource), 1);
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
    if (byteCount > maxBytes)
      throw new UnreachableError(`the answer is larger than ${Math.round(maxBytes / 1024)} KiB`);
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
