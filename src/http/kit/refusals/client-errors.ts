/**
 * Answers errors that Node finds before there is a request. The answer goes to the bare socket, in the same format as
 * any other refusal, and closes the connection.
 */

import { randomUUID } from 'node:crypto';
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyBaseLogger } from 'fastify';
import { Refusal } from '../../../core/kernel/rules/problem.ts';
import { refusalFormatFor } from '../../agents/refusals.ts';
import { httpProblem } from './http-problems.ts';
import type { RefusalFormat } from './problems.ts';

/** The last address requested over a connection. An error half way in a body comes without its request. */
const addresses = new WeakMap<Socket, string>();

export function rememberAddress({ socket, url }: IncomingMessage): void {
  if (url !== undefined) addresses.set(socket, url);
}

export function answerClientError(
  error: NodeJS.ErrnoException & { readonly rawPacket?: unknown },
  socket: Socket,
  log: FastifyBaseLogger,
): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const refusal = refusalOf(error.code);
  const requestId = randomUUID();
  log.debug({ requestId, reason: error.code }, 'refused a request that cannot be read');
  const format = refusalFormatFor(addresses.get(socket) ?? addressIn(error.rawPacket));
  if (!socket.writable || socket.bytesWritten > 0) socket.destroy();
  else {
    socket.end(rawAnswer(refusal, requestId, format));
    closeSoon(socket);
  }
}

/** How long a client has to read the answer. */
const lingerMs = 1_000;

/**
 * `end` closes our half only, and a client that keeps its half open would keep the descriptor. To destroy the socket at
 * once would reset the connection, and the client might lose the answer.
 */
function closeSoon(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  socket.once('close', () => clearTimeout(timer));
}

function refusalOf(code: string | undefined): Refusal {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Refusal(httpProblem['headers-too-large'], 'The address and headers together are larger than 16 KiB.');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Refusal(httpProblem['request-timeout'], 'The request did not arrive in time.');
    default:
      return new Refusal('malformed-request', 'This is not well-formed HTTP/1.1.');
  }
}

/** The address in the first line of a request that could not be read. */
function addressIn(packet: unknown): string | undefined {
  return Buffer.isBuffer(packet) ? /^[A-Z]+ (\S+)/.exec(packet.toString('latin1', 0, 200))?.[1] : undefined;
}

function rawAnswer(refusal: Refusal, requestId: string, format: RefusalFormat): string {
  const { status } = refusal.problem;
  const body = JSON.stringify(format.body(refusal, requestId));
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `Content-Type: ${format.type}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}
