/**
 * Guards the sockets of one cluster: there are never more than allowed, and none is dead for long. Over HTTP/2 a
 * request that runs out of time only resets its own stream, so a connection on which nobody answers any more would be
 * used on and on. A live connection answers pings; one on which nothing at all was heard for three pings is cut.
 */
import type { TLSSocket } from 'node:tls';
import { UnreachableError } from './unreachable.ts';

export interface SocketGuard {
  add(socket: TLSSocket): void;
  /** Whether the newest connection speaks HTTP/2; false before the first one. */
  readonly http2: boolean;
  /** Cuts all sockets that are left, also those with a GOAWAY. */
  close(): void;
}

const maxMissedCount = 2;

export function guardSockets(maxCount: number, pingSeconds: number): SocketGuard {
  const open = new Set<TLSSocket>();
  let http2 = false;
  return {
    add(socket) {
      http2 = socket.alpnProtocol === 'h2';
      // After a GOAWAY the old connection stays until its streams end, beside the new one.
      for (const oldest of [...open].slice(0, Math.max(0, open.size - maxCount + 1)))
        oldest.destroy(new UnreachableError('the connection was closed to make room for a newer one'));
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
