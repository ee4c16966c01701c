// The HTTPS listener of a cluster, which can go away and come back on the same port, as a real API server does when its
// machine restarts. While it is away connections are refused.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { track } from './reset.ts';
import type { ServerTls } from './tls.ts';

export class Listener {
  readonly #server;
  readonly #host: string;
  #port: number;
  #work: Promise<void> = Promise.resolve();

  constructor(
    tls: ServerTls,
    host: string,
    port: number,
    answer: (message: IncomingMessage, response: ServerResponse) => void,
  ) {
    this.#server = createServer(
      { cert: tls.certPem, key: tls.keyPem, keepAliveTimeout: 90_000, requestTimeout: 0 },
      answer,
    );
    track(this.#server);
    this.#server.on('tlsClientError', () => undefined);
    this.#server.on('clientError', (_error, socket) => socket.destroy());
    this.#host = host;
    this.#port = port;
  }

  get port(): number {
    return this.#port;
  }

  /** Each step waits for the one before, so that quick changes of mind end in the last wish. */
  #then(step: () => Promise<void>): Promise<void> {
    const next = this.#work.then(step);
    this.#work = next.catch(() => undefined);
    return next;
  }

  open(): Promise<void> {
    return this.#then(
      () =>
        new Promise((resolve, reject) => {
          if (this.#server.listening) {
            resolve();
            return;
          }
          this.#server.once('error', reject);
          this.#server.listen(this.#port, this.#host, () => {
            this.#server.off('error', reject);
            const address = this.#server.address();
            if (typeof address === 'object' && address !== null) this.#port = address.port;
            resolve();
          });
        }),
    );
  }

  close(): Promise<void> {
    return this.#then(
      () =>
        new Promise((resolve) => {
          if (!this.#server.listening) {
            resolve();
            return;
          }
          this.#server.close(() => resolve());
          this.#server.closeAllConnections();
        }),
    );
  }
}
