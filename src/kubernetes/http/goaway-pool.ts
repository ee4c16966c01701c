/**
 * The pool of connections that requests go out on, and the one after it. A cluster that asks to leave (GOAWAY, as API
 * servers do now and then to spread their load) is left without news: calls end where they run, what is new takes new
 * connections, and watches move over at once, or the connection would stay as long as they do and hold up what waits
 * in its queue.
 */
import { type buildConnector, Pool } from 'undici';
import { Unreached } from './unreachable.ts';

export interface Line {
  readonly pool: Pool;
  /** What ends each of the streams that run on it. */
  readonly running: Set<(reason: Error) => void>;
  /** Ends them: to be called again for one that began while the line was left. */
  leave(): void;
}

export interface Pools {
  readonly line: Line;
  /** Cuts whatever still runs. */
  close(): Promise<void>;
}

export interface PoolOptions {
  readonly connectionCount: number;
  readonly pingSeconds: number;
  readonly connect: buildConnector.connector;
}

/** Shorter than what API servers (90 s) and balancers (60 s) keep, so that a call seldom meets a closing connection. */
const keepAliveSeconds = 30;

export function poolsTo(origin: string, { connectionCount, pingSeconds, connect }: PoolOptions): Pools {
  const lines = new Set<Line>();
  const open = (): Line => {
    const pool = new Pool(origin, {
      connections: connectionCount,
      pipelining: 1,
      keepAliveTimeout: keepAliveSeconds * 1000,
      keepAliveMaxTimeout: keepAliveSeconds * 1000,
      headersTimeout: 0,
      bodyTimeout: 0,
      allowH2: true,
      h2Options: { pingInterval: pingSeconds * 1000 },
      connect,
    });
    const running: Line['running'] = new Set();
    const opened: Line = {
      pool,
      running,
      leave() {
        for (const cut of running) cut(new Unreached('the cluster has asked to use another connection'));
      },
    };
    lines.add(opened);
    pool.on('disconnect', (_origin, _targets, error) => {
      if (error.message.includes('GOAWAY')) leave(opened);
    });
    return opened;
  };
  const leave = (left: Line) => {
    if (left !== line) return;
    line = open();
    left.leave();
    const forget = () => lines.delete(left);
    void left.pool.close().then(forget, forget);
  };
  let line = open();
  return {
    get line() {
      return line;
    },
    async close() {
      await Promise.all([...lines].map(({ pool }) => pool.destroy()));
    },
  };
}
