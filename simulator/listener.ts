// The HTTPS listener of a cluster: HTTP/2 and HTTP/1.1 by ALPN, as an API server offers them. It can go away and come
// back on the same port, show another certificate, and let its connections fall silent.

import { createSecureServer } from 'node:http2';
import { createServer as createHttps } from 'node:https';
import { createServer, type Server } from 'node:net';
import type { Message, Outgoing } from './exchange.ts';
import type { Certificate } from './tls.ts';
import { carriedBy, Wire } from './wire.ts';

const MAX_STREAMS = 250;

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly http2: boolean;
  readonly certificate: Certificate;
  readonly answer: (message: Message, response: Outgoing) => void;
}

const contextOf = ({ certPem, keyPem }: Certificate): { cert: string; key: string } => ({ cert: certPem, key: keyPem });

function secureServer({
  http2,
  certificate,
  answer,
}: ListenerOptions): ReturnType<typeof createHttps> | ReturnType<typeof createSecureServer> {
  const options = { ...contextOf(certificate), keepAliveTimeout: 90_000, requestTimeout: 0 };
  if (!http2) return createHttps(options, answer);
  const settings = { maxConcurrentStreams: MAX_STREAMS };
  return createSecureServer({ ...options, allowHTTP1: true, settings }, answer);
}

export class Listener {
  readonly #front: Server;
  readonly #secure;
  readonly #host: string;
  readonly #wires = new Set<Wire>();
  #port: number;
  #silentNew = false;
  #work: Promise<void> = Promise.resolve();
  /** Settled when the certificate that is wanted is the one that is shown. */
  #shown: Promise<void> = Promise.resolve();

  constructor(options: ListenerOptions) {
    this.#host = options.host;
    this.#port = options.port;
    this.#secure = secureServer(options);
    this.#secure.on('tlsClientError', () => undefined);
    this.#secure.on('clientError', (_error, socket) => socket.destroy());
    this.#front = createServer({ allowHalfOpen: true }, (raw) => {
      const wire = new Wire(raw);
      this.#wires.add(wire);
      raw.once('close', () => this.#wires.delete(wire));
      wire.on('error', () => undefined);
      if (this.#silentNew) wire.silence();
      void this.#shown.then(() => carriedBy.run(wire, () => this.#secure.emit('connection', wire)));
    });
  }

  get port(): number {
    return this.#port;
  }

  /** Connections that are open end; those that come see the new certificate. */
  show(certificate: Promise<Certificate>): void {
    this.#shown = this.#shown.then(async () => {
      this.#secure.setSecureContext(contextOf(await certificate));
    });
    this.#cutAll();
  }

  silence(which: 'established' | 'new' | 'all'): void {
    if (which !== 'new') for (const wire of this.#wires) wire.silence();
    if (which !== 'established') this.#silentNew = true;
  }

  /** New connections are heard again; silent ones stay so unless they heal. */
  hear(heals: boolean): void {
    this.#silentNew = false;
    if (heals) for (const wire of this.#wires) wire.heal();
  }

  #cutAll(): void {
    for (const wire of [...this.#wires]) wire.cut();
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
          if (this.#front.listening) {
            resolve();
            return;
          }
          this.#front.once('error', reject);
          this.#front.listen(this.#port, this.#host, () => {
            this.#front.off('error', reject);
            const address = this.#front.address();
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
          if (!this.#front.listening) {
            resolve();
            return;
          }
          this.#front.close(() => resolve());
          this.#cutAll();
        }),
    );
  }
}
