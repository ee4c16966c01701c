/**
 * What Node refuses before there is a request: answered on the bare socket, as the same problem document as any other
 * refusal, and the connection is closed.
 */
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyBaseLogger } from 'fastify';
import { problems, Refusal } from '../domain/problem.ts';
import { problemOf, problemType } from './problems.ts';

export function answerClientError(error: NodeJS.ErrnoException, socket: Socket, log: FastifyBaseLogger): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const refusal = refusalOf(error.code);
  const requestId = randomUUID();
  log.debug({ requestId, reason: error.code }, 'refused a request that cannot be read');
  if (socket.writable && socket.bytesWritten === 0) socket.end(rawAnswer(refusal, requestId));
  else socket.destroy();
}

function refusalOf(code: string | undefined): Refusal {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Refusal('headers-too-large', 'The address and headers together are larger than 16 KiB.');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Refusal('request-timeout', 'The request did not arrive in time.');
    default:
      return new Refusal('malformed-request', 'This is not well-formed HTTP/1.1.');
  }
}

function rawAnswer(refusal: Refusal, requestId: string): string {
  const { status } = problems[refusal.code];
  const body = JSON.stringify(problemOf(refusal, requestId));
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `Content-Type: ${problemType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}
