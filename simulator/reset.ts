// Resetting a connection, so that the client sees ECONNRESET and not an orderly end. A TLS socket cannot be reset
// itself; the TCP socket below it can, and is found by the client's port.

import type { Server } from 'node:https';
import type { Socket } from 'node:net';

const below = new WeakMap<Socket, Socket>();

/** From now on the server's connections can be reset. */
export function track(server: Server): void {
  const fresh = new Map<number, Socket>();
  server.on('connection', (raw: Socket) => {
    const port = raw.remotePort;
    if (port === undefined) return;
    fresh.set(port, raw);
    raw.once('close', () => {
      if (fresh.get(port) === raw) fresh.delete(port);
    });
  });
  server.on('secureConnection', (secure) => {
    const raw = fresh.get(secure.remotePort ?? 0);
    if (raw !== undefined) below.set(secure, raw);
  });
}

export function reset(socket: Socket | null): void {
  if (socket === null) return;
  below.get(socket)?.resetAndDestroy();
  socket.destroy();
}
