/**
 * The pool of connections that requests go out on, and its replacement after a GOAWAY, which API servers send now and
 * then to spread their load. A GOAWAY is no failure, and nobody hears of it. Running calls end on the old pool, and new
 * calls use the new one. Watches move over at once: else the old connection would stay as long as they do, and hold up
 * the requests that wait in its queue.
 */
import { type buildConnector, Pool } from 'undici';
import { UnreachableError } from './unreachable.ts';

export interface PoolInUse {
  readonly dispatcher: Pool;
  /** A function for each open stream, which ends it. */
  readonly openStreams: Set<(reason: Error) => void>;
  /** Ends the open streams. To be called again for a stream that opened while the pool was being replaced. */
  leave(): void;
}

export interface ReplaceablePool {
  readonly current: PoolInUse;
  /** Cuts everything that still runs. */
  close(): Promise<void>;
}

export interface PoolOptions {
  readonly connectionCount: number;
  readonly pingSeconds: number;
  readonly connect: buildConnector.connector;
}

/**
 * Shorter than API servers (90 s) and balancers (60 s) keep a connection, so that a call seldom meets one that closes.
 */
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
    const openStreams: PoolInUse['openStreams'] = new Set();
    const opened: PoolInUse = {
      dispatcher,
      openStreams,
      leave() {
        for (const cut of openStreams) cut(new UnreachableError('the cluster asked for another connection (GOAWAY)'));
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
