/**
 * Connections to the database, in a pool for each purpose: a purpose never waits for the connections of another one, so
 * requests starve neither ticks nor leases nor probes. Every wait has an end: for a connection, for a statement (the
 * server's, and a little later ours, which also ends a connection that the server no longer answers), for an idle
 * transaction.
 */
import { Pool, type PoolClient } from 'pg';
import { z } from 'zod';
import type { Log } from '../../core/kernel/ports.ts';
import { endWhenSilent, type Wire } from '../../core/kernel/silent-wire.ts';

interface Limits {
  /** How many connections a process opens at most. One stays open where a new one may be refused when it is needed. */
  readonly connectionCount: number;
  readonly keptCount: 0 | 1;
  /** For each statement, with its wait for locks. */
  readonly statementMs: number;
  /** For a free connection, or for opening one. */
  readonly connectMs: number;
}

/** A time for a tick leaves room for another try within ten seconds; one for a probe, for an answer within three. */
const purposes = {
  /** Serving the API. */
  request: { connectionCount: 10, keptCount: 0, statementMs: 10_000, connectMs: 5_000 },
  /** Firing, and finding what is owed. */
  tick: { connectionCount: 4, keptCount: 1, statementMs: 4_000, connectMs: 2_000 },
  /** Delivering and observing. */
  work: { connectionCount: 8, keptCount: 0, statementMs: 10_000, connectMs: 5_000 },
  /** Background work that may read much. */
  task: { connectionCount: 4, keptCount: 0, statementMs: 30_000, connectMs: 5_000 },
  /** Renewing leases and claims. */
  lease: { connectionCount: 2, keptCount: 1, statementMs: 3_000, connectMs: 2_000 },
  /** Readiness. */
  probe: { connectionCount: 1, keptCount: 1, statementMs: 1_500, connectMs: 2_000 },
} as const satisfies Record<string, Limits>;
export type Purpose = keyof typeof purposes;

/** How much later than the server we give a statement up. */
const graceMs = 1_000;
/** Whoever is cut off while it holds locks gives them back after so long. No transaction waits for anything but SQL. */
const idleInTransactionMs = 5_000;

export interface PoolOptions {
  readonly url: string;
  readonly log: Log;
  /** Other sizes than usual. */
  readonly connectionCounts?: { readonly [P in Purpose]?: number | undefined } | undefined;
}

export type Pools = Readonly<Record<Purpose, Pool>> & { end(): Promise<void> };

/** Opens no connection yet. */
export function openPools({ url, log, connectionCounts = {} }: PoolOptions): Pools {
  const idle = new Set<PoolClient>();
  // What silenced one connection has probably silenced those beside it: a replaced one costs a few milliseconds, and
  // finding out one after the other would take a time-out for each.
  const doubt = (purpose: Purpose) => {
    log.warn({ purpose, replacedCount: idle.size }, 'the database did not answer: its idle connections are replaced');
    for (const client of idle) wireOf(client).destroy(new Doubted());
    idle.clear();
  };
  const open = (purpose: Purpose): Pool => {
    const { connectionCount, keptCount, statementMs, connectMs } = purposes[purpose];
    const pool = new Pool({
      connectionString: url,
      max: connectionCounts[purpose] ?? connectionCount,
      min: keptCount,
      application_name: `vworkspace-backups-${purpose}`,
      connectionTimeoutMillis: connectMs,
      idleTimeoutMillis: 30_000,
      statement_timeout: statementMs,
      idle_in_transaction_session_timeout: idleInTransactionMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    });
    pool.on('connect', (client) => {
      endWhenSilent(wireOf(client), statementMs + graceMs, () => doubt(purpose));
      // The query of a connection that breaks in use fails. Its error event is that failure once more.
      client.on('error', () => undefined);
    });
    pool.on('release', (_, client) => void idle.add(client));
    pool.on('acquire', (client) => void idle.delete(client));
    pool.on('remove', (client) => void idle.delete(client));
    // A connection that breaks while idle is replaced by the pool; without a listener it would end the process.
    pool.on('error', (error) => {
      if (!(error instanceof Doubted)) log.warn({ purpose, reason: error.message }, 'a database connection was lost');
    });
    return pool;
  };
  const pools = {
    request: open('request'),
    tick: open('tick'),
    work: open('work'),
    task: open('task'),
    lease: open('lease'),
    probe: open('probe'),
  };
  return {
    ...pools,
    async end() {
      await Promise.all(Object.values(pools).map((pool) => pool.end()));
    },
  };
}

/** Reads like a connection that was reset, so whoever tells these from defects needs to know nothing of it. */
export class Doubted extends Error {
  readonly code = 'ECONNRESET';
  override readonly name = 'Doubted';
  override readonly message = 'the connection was replaced';
}

/** `pg` has no name for the socket of a client that it would promise to keep; a version without one fails every test. */
const Connected = z.object({
  connection: z.object({
    stream: z.custom<Wire>((value) => typeof value === 'object' && value !== null && 'bytesRead' in value),
  }),
});

function wireOf(client: PoolClient): Wire {
  return Connected.parse(client).connection.stream;
}
