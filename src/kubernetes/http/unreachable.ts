/**
 * Why a cluster could not be reached, in words that a person can act on: the innermost useful message of the chain of
 * causes, without a stack. Certificates, refused connections and time-outs read as the network states them.
 */

import type { ClusterFailure } from '../../core/clusters/rules/failure.ts';
import { clip } from '../../core/kernel/rules/condition.ts';

/** We ended the call ourselves: too slow, too large, an address that is denied. The message is for people. */
export class UnreachableError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnreachableError';
  }
}

/** The answer was larger than the caller wanted to read. */
export class AnswerTooLarge extends UnreachableError {
  constructor(maxBytes: number) {
    super(`the answer is larger than ${Math.round(maxBytes / 1024)} KiB`);
    this.name = 'AnswerTooLarge';
  }
}

export function unreachable(error: unknown): Extract<ClusterFailure, { kind: 'Unreachable' }> {
  const untouched = wasNeverSent(error) && ({ untouched: true } as const);
  return { kind: 'Unreachable', message: clip(wordsOf(error)), ...untouched };
}

/** Failures before the first byte of the request: nothing can have been sent. */
export const neverSent = new WeakSet<Error>();

function wasNeverSent(error: unknown, depth = 0): boolean {
  if (!(error instanceof Error) || depth > maxDepth) return false;
  return neverSent.has(error) || wasNeverSent(error.cause, depth + 1);
}

const maxDepth = 8;

function wordsOf(error: unknown, depth = 0): string {
  if (!(error instanceof Error)) return 'the connection failed';
  if (error instanceof UnreachableError || depth > maxDepth) return error.message;
  if (error instanceof AggregateError && error.errors.length > 0) {
    return [...new Set(error.errors.map((inner) => wordsOf(inner, depth + 1)))].join('; ');
  }
  if (error.cause instanceof Error) {
    const inner = wordsOf(error.cause, depth + 1);
    return vague.test(error.message) || error.message.includes(inner) ? inner : `${error.message}: ${inner}`;
  }
  return plain(error);
}

const vague = /^(fetch failed|terminated|other side closed|Request aborted|This operation was aborted)?$/i;

/** Says plainly what undici and OpenSSL say in their own jargon; everything else stays as it is. */
function plain(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const known = plainWords[code];
  if (known !== undefined) return known;
  const words = error.message.split('\n', 1)[0]?.replace(advice, '');
  if (untrusted.includes(code))
    return `the certificate is not signed by an authority that is trusted for the cluster (ca): ${words}`;
  const ssl = /SSL routines:[^:]*:([^:\n]+)/.exec(error.message)?.[1];
  if (ssl !== undefined) return `TLS failed: ${ssl}`;
  return words || code || error.name;
}

/** Node's advice to the person who runs it. Somebody else reads our message. */
const advice = /; if the root CA is installed locally.*$/;

const untrusted: readonly string[] = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
];

const plainWords: Readonly<Record<string, string>> = {
  UND_ERR_CONNECT_TIMEOUT: 'no connection within the time allowed (connect timeout)',
  UND_ERR_HEADERS_TIMEOUT: 'no answer within the time allowed',
  UND_ERR_BODY_TIMEOUT: 'the answer stopped half way',
  UND_ERR_SOCKET: 'the connection was closed before the answer was complete',
  UND_ERR_HEADERS_OVERFLOW: 'the headers of the answer are too large',
  UND_ERR_DESTROYED: 'the connection was closed by this service',
  UND_ERR_CLOSED: 'the connection was closed by this service',
  ECONNRESET: 'the connection was reset (ECONNRESET)',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the address does not speak TLS',
};
