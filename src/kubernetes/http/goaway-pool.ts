/**
 * The pool of connections that requests go out on, and the one after it. A cluster that asks to leave (GOAWAY, as API
 * servers do now and then to spread their load) is left without news: calls end where they run, what is new takes new
 * connections, and watches move over at once, or the connection would stay as long as they do and hold up what waits
 * in its queue.
 */
import { type buildConnector, Pool } from 'undici';
import { UnreachableError } from './unreachable.ts';

export interface PoolInUse {
  readonly dispatcher: Pool;
  /** What ends each of the streams that run on it. */
  readonly running: Set<(reason: Error) => void>;
  /** Ends them: to be called again for one that began while the line was left. */
  leave(): void;
}

export interface ReplaceablePool {
  readonly current: PoolInUse;
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

export function replaceablePool(
  origin: string,
  { connectionCount, pingSeconds, connect }: PoolOptions,
): ReplaceablePool {
  const pools = new Set<PoolInUse>();
  const open = (): PoolInUse => {
    const dispatcher = new Pool(origin, {
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
    const running: PoolInUse['running'] = new Set();
    const opened: PoolInUse = {
      dispatcher,
      running,
      leave() {
        for (const cut of running) cut(new UnreachableError('the cluster has asked to use another connection'));
      },
    };
    pools.add(opened);
    dispatcher.on('disconnect', (_origin, _targets, error) => {
      if (error.message.includes('GOAWAY')) leave(opened);
    });
    return opened;
  };
  const leave = (left: PoolInUse) => {
    if (left !== current) return;
    current = open();
    left.leave();
    const forget = () => pools.delete(left);
    void left.dispatcher.close().then(forget, forget);
  };
  let current = open();
  return {
    get current() {
      return current;
    },
    async close() {
      await Promise.all([...pools].map(({ dispatcher }) => dispatcher.destroy()));
    },
  };
}
