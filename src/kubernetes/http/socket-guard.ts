/**
 * The sockets of one cluster: never more than allowed, and none that is dead for long. Over HTTP/2 a request that ends
 * by its time only resets its own stream, so a connection that nobody answers on any more would be used on and on. Live
 * ones answer pings; one of which nothing at all was heard for two of them is cut.
 */
import type { TLSSocket } from 'node:tls';
import { UnreachableError } from './unreachable.ts';

export interface SocketGuard {
  add(socket: TLSSocket): void;
  /** Whether the newest connection speaks HTTP/2; false while there was none. */
  readonly http2: boolean;
  /** Cuts all that are left, also those that the cluster has asked to leave. */
  close(): void;
}

const maxMissedCount = 2;

export function guardSockets(maxCount: number, pingSeconds: number): SocketGuard {
  const open = new Set<TLSSocket>();
  let http2 = false;
  return {
    add(socket) {
      http2 = socket.alpnProtocol === 'h2';
      // One that the cluster has asked to leave (GOAWAY) stays until its streams end, beside the one that follows it.
      for (const oldest of [...open].slice(0, Math.max(0, open.size - maxCount + 1)))
        oldest.destroy(new UnreachableError('the connection gave way to a newer one'));
      open.add(socket);
      const timer = http2 ? cutWhenDead(socket, pingSeconds) : undefined;
      socket.once('close', () => {
        clearInterval(timer);
        open.delete(socket);
      });
    },
    get http2() {
      return http2;
    },
    close() {
      for (const socket of open) socket.destroy();
    },
  };
}

function cutWhenDead(socket: TLSSocket, pingSeconds: number): NodeJS.Timeout {
  let heard = 0;
  let missedCount = 0;
  return setInterval(() => {
    missedCount = socket.bytesRead === heard ? missedCount + 1 : 0;
    heard = socket.bytesRead;
    if (missedCount > maxMissedCount)
      socket.destroy(
        new UnreachableError(`the connection is dead: no ping was answered for ${pingSeconds * missedCount} s`),
      );
  }, pingSeconds * 1000).unref();
}
