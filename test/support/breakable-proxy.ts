/** A TCP proxy before PostgreSQL or Redis, through which a test makes the server fail and come back. */
import { once } from 'node:events';
import { createServer, type Server, Socket } from 'node:net';

export interface BreakableProxy {
  /** The server's address, through the proxy. */
  readonly url: string;
  /** Refuses connections and closes those that are open, as a server that has crashed. */
  cut(): Promise<void>;
  /** Accepts connections and passes nothing on, as a server that is stopped or cut off. */
  mute(): void;
  /** Passes nothing on for the connections that are open now, and closes none; serves new ones. As a lost route does. */
  muteEstablished(): void;
  /**
   * The next packet for the server that contains this text: the server still gets it, if `arrives`, and the connection is
   * closed before its answer.
   */
  loseAnswerTo(text: string, options: { readonly arrives: boolean }): void;
  /** Ends `cut` or `mute`. What `muteEstablished` has silenced stays silent. */
  mend(): Promise<void>;
  remove(): Promise<void>;
}

export async function startBreakableProxy(target: string): Promise<BreakableProxy> {
  const url = new URL(target);
  const to = { host: url.hostname, port: Number(url.port) };
  const sockets = new Set<Socket>();
  const lost = new WeakSet<Socket>();
  let muted = false;
  let lose: { readonly text: string; readonly arrives: boolean } | undefined;
  let server: Server | undefined;
  let port = 0;
  const forward = (from: Socket, into: Socket, isToServer: boolean) => {
    from.on('data', (data) => {
      if (!isToServer || lose === undefined || !data.includes(lose.text)) return void into.write(data);
      if (lose.arrives) into.end(data);
      lose = undefined;
      from.destroy();
    });
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
        forward(one, other, one === near);
        one.on('error', () => {});
        one.on('close', () => {
          sockets.delete(one);
          if (!other.writableEnded) other.destroy();
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
    url: url.href,
    cut,
    mute: () => {
      muted = true;
      for (const socket of sockets) socket.pause();
    },
    muteEstablished: () => {
      for (const socket of sockets) {
        lost.add(socket);
        socket.pause();
      }
    },
    loseAnswerTo: (text, { arrives }) => {
      lose = { text, arrives };
    },
    async mend() {
      muted = false;
      for (const socket of sockets) if (!lost.has(socket)) socket.resume();
      if (server === undefined) await listen();
    },
    remove: cut,
  };
}
