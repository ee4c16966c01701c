/**
 * The two servers that a queue can live on, Redis and PostgreSQL, behind BullMQ's one interface.
 *
 * Neither can hold the process up: every wait has a bound, and every socket can be destroyed. Producers fail fast,
 * because a lost ring is given again. Workers wait for the server, however long it is away.
 */
import { Socket } from 'node:net';
import { type BackendFactory, createPostgresBackend, createRedisBackend, type IQueueBackend } from 'bullmq';
import { endWhenSilent } from '../core/kernel/silent-wire.ts';
import { quietBrokenConnections } from './quiet-connections.ts';
import { pause } from './timers.ts';

export type QueueConnection =
  | { readonly kind: 'redis'; readonly url: string }
  | { readonly kind: 'postgres'; readonly url: string };

export interface Backend {
  readonly factory: BackendFactory<IQueueBackend, object>;
  /** Destroys the sockets that are left after an orderly close. */
  destroySockets(): void;
}

/** The same for all workers: a killed worker's job is free again after at most the sum of both, and a moment. */
export const lockMs = 5_000;
export const stalledCheckMs = 2_000;
/** How long an idle worker blocks before it looks for jobs by itself. This bounds what a lost notification costs. */
export const idleBlockSeconds = 2;

const refetchMs = 500;
/** Of a queue on PostgreSQL: for the server, and for us to give its connection up. */
const statementMs = 6_000;
const silenceMs = 7_000;

export function backendOf(connection: QueueConnection): Backend {
  return connection.kind === 'redis' ? redisBackend(connection.url) : postgresBackend(connection.url);
}

/** The server's address for log lines: without user, password and parameters. */
export function addressOf(connection: QueueConnection): string {
  const url = URL.parse(connection.url);
  return url === null ? connection.kind : `${url.protocol}//${url.host}`;
}

function redisBackend(url: string): Backend {
  const common = {
    url,
    connectTimeout: 2_000,
    disconnectTimeout: 500,
    // The default back-off grows to 20 s: deliveries would wait that long after Redis is back.
    retryStrategy: (attempt: number) => Math.min(attempt * 100, 1_500) + Math.floor(Math.random() * 500),
  };
  const producer = {
    ...common,
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    commandTimeout: 2_000,
    // The time-out of a command ends no connection.
    socketTimeout: 3_000,
  };
  // A connection whose server is silent is given up when an answer is this late. No command blocks nearly as long.
  const consumer = { ...common, maxRetriesPerRequest: null, socketTimeout: idleBlockSeconds * 1_000 + 3_000 };
  return {
    factory: (name, options, kind) =>
      pausingAfterFailedFetch(
        createRedisBackend(name, { ...options, connection: kind?.withBlockingConnection ? consumer : producer }, kind),
      ),
    destroySockets: () => {},
  };
}

function postgresBackend(url: string): Backend {
  quietBrokenConnections();
  const sockets = new Set<Socket>();
  const stream = () => {
    const socket = new Socket();
    endWhenSilent(socket, silenceMs);
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    return socket;
  };
  const connection = {
    connectionString: url,
    migrate: true,
    max: 3,
    connectionTimeoutMillis: 2_000,
    statement_timeout: statementMs,
    idle_in_transaction_session_timeout: 5_000,
    // Over TLS the bytes pass by our socket, and this is left. It ends no connection that is used for a transaction.
    query_timeout: silenceMs + 1_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    stream,
  };
  return {
    factory: (name, options, kind) => {
      const schema = 'prefix' in options && typeof options.prefix === 'string' ? options.prefix : 'bullmq';
      return pausingAfterFailedFetch(
        createPostgresBackend(name, { ...options, connection: { ...connection, schema } }, kind),
      );
    },
    destroySockets: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/**
 * Waits before it reports a failed fetch. BullMQ's worker pauses only after a refused connection. After any other error
 * (a server that is starting up, out of memory, read-only) it would fetch again at once, in a hot loop.
 */
function pausingAfterFailedFetch(backend: IQueueBackend): IQueueBackend {
  const fetch = backend.moveToActive.bind(backend);
  backend.moveToActive = async (token, name) => {
    try {
      return await fetch(token, name);
    } catch (error) {
      await pause(refetchMs);
      throw error;
    }
  };
  return backend;
}
