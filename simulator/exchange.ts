// A request and its answer, whichever version of HTTP carries them, and the two ways in which they can be broken off.

import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import { constants } from 'node:http2';

export type Message = IncomingMessage | Http2ServerRequest;

/** What the two kinds of response have in common. */
export interface Outgoing {
  readonly headersSent: boolean;
  readonly destroyed: boolean;
  setHeader(name: string, value: string): unknown;
  writeHead(code: number, headers: Record<string, string | string[]>): unknown;
  /** HTTP/2 sends its head at once. */
  flushHeaders?(): void;
  write(chunk: string): boolean;
  end(chunk: string): unknown;
  end(): unknown;
  on(event: 'close', listener: () => void): unknown;
}

export type Answer = (message: Message, response: Outgoing) => void;

/** The answer breaks off: over HTTP/2 its stream alone is reset, over HTTP/1.1 the connection, which is all it has. */
export function breakOff(message: Message): void {
  if ('stream' in message) message.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  else message.socket.destroy();
}
