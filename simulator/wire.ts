// One TCP connection under TLS, as something that can fail: it can fall silent without a word, carry on where it was, or
// be reset. TLS, HTTP/1.1 and HTTP/2 run over it and notice nothing, which is what a half-open connection is.

import { AsyncLocalStorage } from 'node:async_hooks';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { Answer } from './exchange.ts';

type Done = (error?: Error | null) => void;

/** Which connection the running code was called for: HTTP/2 hides its socket too well to ask it. */
export const carriedBy = new AsyncLocalStorage<Wire>();

/** The connection of the request that is being answered is reset, with every other request that it carries. */
export const resetConnection = (): void => carriedBy.getStore()?.reset();

export class Wire extends Duplex {
  /** Who answers what comes over it. */
  readonly answer: Answer;
  readonly #raw: Socket;
  #silent = false;
  #received: Buffer[] = [];
  #unsent: (() => void) | undefined;

  constructor(raw: Socket, answer: Answer) {
    super();
    this.answer = answer;
    this.#raw = raw;
    raw.setNoDelay(true);
    raw.on('data', (chunk: Buffer) => {
      if (this.#silent) this.#received.push(chunk);
      else if (!this.push(chunk)) raw.pause();
    });
    raw.on('end', () => {
      if (this.#silent) raw.destroy();
      else this.push(null);
    });
    raw.on('error', () => undefined);
    raw.on('close', () => this.destroy());
  }

  /** From now on nothing passes in either direction, and no end of it is told. */
  silence(): void {
    this.#silent = true;
  }

  /** Passes on what was held back in both directions, as after a network that was away for a while. */
  heal(): void {
    if (!this.#silent) return;
    this.#silent = false;
    for (const chunk of this.#received.splice(0)) this.push(chunk);
    this.#unsent?.();
    this.#unsent = undefined;
  }

  /** The other side sees ECONNRESET. */
  reset(): void {
    this.#raw.resetAndDestroy();
  }

  /** Ends the connection even while it is silent. */
  cut(): void {
    this.#raw.destroy();
    this.destroy();
  }

  override _read(): void {
    this.#raw.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#send(() => this.#raw.write(chunk, done));
  }

  override _writev(chunks: readonly { readonly chunk: Buffer }[], done: Done): void {
    this.#send(() => this.#raw.write(Buffer.concat(chunks.map(({ chunk }) => chunk)), done));
  }

  override _final(done: Done): void {
    this.#send(() => this.#raw.end(() => done()));
  }

  /** Destroyed without an orderly end is a reset, unless nothing passes any more. */
  override _destroy(error: Error | null, done: Done): void {
    if (!this.#silent && !this.#raw.destroyed) {
      if (this.writableFinished) this.#raw.destroySoon();
      else this.#raw.resetAndDestroy();
    }
    done(error);
  }

  #send(write: () => void): void {
    if (this.#silent) this.#unsent = write;
    else write();
  }
}
