// From a reply to the bytes of an answer: JSON, YAML or text, whole or, on demand, broken in the middle.

import { stringify } from 'yaml';
import type { Message, Outgoing } from './exchange.ts';
import { breakOff } from './exchange.ts';
import type { Reply } from './reply.ts';
import type { ApiError } from './status.ts';

/** A `clean` truncation is framed as if half were all; a `cut` one breaks the framing too. */
export function send(message: Message, response: Outgoing, reply: Reply, truncated?: 'cut' | 'clean'): void {
  const json = reply.body === undefined ? '' : JSON.stringify(reply.body);
  const yaml = reply.form?.media === 'application/yaml' && reply.body !== undefined;
  const whole =
    reply.body === undefined
      ? (reply.text ?? '')
      : yaml
        ? stringify(reply.body, { sortMapEntries: true, indentSeq: false, version: '1.1' })
        : `${json}\n`;
  const half = whole.slice(0, whole.length / 2);
  const payload = truncated === 'clean' ? half : whole;
  const type = reply.body === undefined ? 'text/plain; charset=utf-8' : yaml ? 'application/yaml' : 'application/json';
  response.writeHead(reply.code, {
    'Content-Type': type,
    'Content-Length': String(Buffer.byteLength(payload)),
    'Cache-Control': 'no-cache, private',
    ...reply.headers,
  });
  if (truncated !== 'cut') {
    response.end(payload);
    // GOAWAY: as API servers since 1.28.3, which leave no HTTP/2 connection to a client that they do not know.
    if (reply.code === 401 && 'stream' in message) message.stream.session?.close();
    return;
  }
  response.write(half);
  setImmediate(() => breakOff(message));
}

export const errorReply = (error: ApiError): Reply => ({
  code: error.code,
  headers: { ...error.headers, ...(error.body === undefined ? { 'X-Content-Type-Options': 'nosniff' } : {}) },
  ...(error.body === undefined ? { text: `${error.message}\n` } : { body: error.body }),
});
