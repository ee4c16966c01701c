/**
 * Optimistic locking: a resource's ETag is its revision in quotes, and a change may name the one that it was made
 * from in If-Match. Without If-Match the last one to write wins; that is the client's choice.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Refusal } from '../../core/kernel/rules/problem.ts';

export interface Revised {
  readonly revision: number;
}

/** Beyond any revision that there is, and still one that the database can count on from. */
const largest = 2_147_483_646;

export function etagOf({ revision }: Revised): string {
  return `"${revision}"`;
}

/** The row, with its ETag set on the answer. */
export function tagged<Row extends Revised>(reply: FastifyReply, row: Row): Row {
  reply.header('etag', etagOf(row));
  return row;
}

/** The revision that If-Match names; `undefined` for none and for `*`, which any revision fits. */
export function expectedRevision(request: FastifyRequest): number | undefined {
  const header = request.headers['if-match']?.trim();
  if (header === undefined || header === '*') return undefined;
  const digits = /^"([1-9]\d{0,15})"$/.exec(header)?.[1];
  if (digits !== undefined) return Math.min(Number(digits), largest);
  const detail = 'must be one ETag as it was answered, for example "3" with its quotes, or *.';
  throw new Refusal('invalid-request', `If-Match ${detail}`, { errors: [{ pointer: 'header/If-Match', detail }] });
}

/** Whether If-None-Match names this ETag; weak comparison, as RFC 9110 has it for reads. */
export function isKnownTo(request: FastifyRequest, etag: string): boolean {
  const header = request.headers['if-none-match'];
  if (header === undefined) return false;
  return header.trim() === '*' || header.split(',').some((each) => each.trim().replace(/^W\//, '') === etag);
}

/** `tagged`, or an empty 304 when the caller has this revision already: only where the revision counts every change. */
export function taggedUnlessKnown<Row extends Revised>(
  request: FastifyRequest,
  reply: FastifyReply,
  row: Row,
): Row | FastifyReply {
  const etag = etagOf(row);
  return isKnownTo(request, etag) ? reply.header('etag', etag).code(304).send() : tagged(reply, row);
}
