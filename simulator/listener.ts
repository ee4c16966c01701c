// The HTTPS listener of a cluster: HTTP/2 and HTTP/1.1 by ALPN, as an API server offers them. It can go away and come
// back on the same port, show another certificate, and let its connections fall silent.

import { createSecureServer } from 'node:http2';
import { createServer as createHttps } from 'node:https';
import { createServer, type Server } from 'node:net';
import type { Answer } from './exchange.ts';
import type { Certificate } from './tls.ts';
import { carriedBy, Wire } from './wire.ts';

const MAX_STREAMS = 250;

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly http2: boolean;
  readonly certificate: Certificate;
  readonly answer: Answer;
}

type SecureServer = ReturnType<typeof createHttps> | ReturnType<typeof createSecureServer>;

/** By certificate, so that a thousand clusters with one certificate have one TLS and one HTTP server between them. */
const shared = { http1: new WeakMap<Certificate, SecureServer>(), http2: new WeakMap<Certificate, SecureServer>() };

/** Each connection's wire says which cluster answers. */
const route: Answer = (message, response) => carriedBy.getStore()?.answer(message, response);

function secureServer(certificate: Certificate, http2: boolean): SecureServer {
  const servers = http2 ? shared.http2 : shared.http1;
  const running = servers.get(certificate);
  if (running !== undefined) return running;
  const { certPem: cert, keyPem: key } = certificate;
  const options = { cert, key, keepAliveTimeout: 90_000, requestTimeout: 0 };
  const settings = { maxConcurrentStreams: MAX_STREAMS };
  const server = http2
    ? createSecureServer({ ...options, allowHTTP1: true, settings }, route)
    : createHttps(options, route);
  server.on('tlsClientError', () => undefined);
  server.on('clientError', (_error, socket) => socket.destroy());
  servers.set(certificate, server);
  return server;
}

export class Listener {
  readonly #front: Server;
  readonly #host: string;
  readonly #http2: boolean;
  readonly #wires = new Set<Wire>();
  #port: number;
  #silentNew = false;
  #work: Promise<void> = Promise.resolve();
  /** Settles when it is known which certificate to show. */
  #secure: Promise<SecureServer>;

  constructor({ host, port, http2, certificate, answer }: ListenerOptions) {
    this.#host = host;
    this.#port = port;
    this.#http2 = http2;
    this.#secure = Promise.resolve(secureServer(certificate, http2));
    this.#front = createServer((raw) => {
      const wire = new Wire(raw, answer);
      this.#wires.add(wire);
      raw.once('close', () => this.#wires.delete(wire));
      wire.on('error', () => undefined);
      if (this.#silentNew) wire.silence();
      void this.#secure.then((secure) => {
        if (!wire.destroyed) carriedBy.run(wire, () => secure.emit('connection', wire));
      });
    });
  }

  get port(): number {
    return this.#port;
  }

  /** Connections that are open end; those that come see the new certificate. */
  show(certificate: Promise<Certificate>): void {
    this.#secure = certificate.then((known) => secureServer(known, this.#http2));
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
