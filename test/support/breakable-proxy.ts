/** A TCP proxy before a queue's server, through which a test makes the server fail and come back. */
import { once } from 'node:events';
import { createServer, type Server, Socket } from 'node:net';
import type { QueueConnection } from '../../../src/bullmq/queues.ts';

export interface BreakableProxy {
  readonly connection: QueueConnection;
  /** Refuses connections and closes those that are open, as a server that has crashed. */
  cut(): Promise<void>;
  /** Accepts connections and passes nothing on, as a server that is stopped or cut off. */
  mute(): void;
  /** Ends `cut` or `mute`. */
  mend(): Promise<void>;
  remove(): Promise<void>;
}

export async function startBreakableProxy(target: QueueConnection): Promise<BreakableProxy> {
  const url = new URL(target.url);
  const to = { host: url.hostname, port: Number(url.port) };
  const sockets = new Set<Socket>();
  let muted = false;
  let server: Server | undefined;
  let port = 0;
  const forward = (from: Socket, into: Socket) => {
    from.on('data', (data) => into.write(data));
    if (muted) from.pause();
  };
  const listen = async () => {
    server = createServer((near) => {
      const far = new Socket().connect(to.port, to.host);
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(one);
        forward(one, other);
        one.on('error', () => {});
        one.on('close', () => {
          sockets.delete(one);
          other.destroy();
        });
      }
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address !== null && typeof address === 'object') port = address.port;
  };
  const cut = async () => {
    const closing = server;
    server = undefined;
    if (closing === undefined) return;
    const closed = once(closing, 'close');
    closing.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  await listen();
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return {
    connection: { kind: target.kind, url: url.href },
    cut,
    mute: () => {
      muted = true;
      for (const socket of sockets) socket.pause();
    },
    async mend() {
      muted = false;
      for (const socket of sockets) socket.resume();
      if (server === undefined) await listen();
    },
    remove: cut,
  };
}
