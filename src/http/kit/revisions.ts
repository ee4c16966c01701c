/**
 * Optimistic locking. The ETag of a resource is its revision in quotes. A client that changes a resource may send in
 * If-Match the ETag that it has read. Without If-Match the last write wins; that is the client's choice.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Refusal } from '../../core/kernel/rules/problem.ts';

export interface Revised {
  readonly revision: number;
}

/** Larger than any revision, and still small enough for the database to add one. */
const largest = 2_147_483_646;

export function etagOf({ revision }: Revised): string {
  return `"${revision}"`;
}

/** Sets the ETag of the row on the answer, and returns the row. */
export function tagged<Row extends Revised>(reply: FastifyReply, row: Row): Row {
  reply.header('etag', etagOf(row));
  return row;
}

/** The revision in If-Match; `undefined` without the header and for `*`, which matches any revision. */
export function expectedRevision(request: FastifyRequest): number | undefined {
  const header = request.headers['if-match']?.trim();
  if (header === undefined || header === '*') return undefined;
  const digits = /^"([1-9]\d{0,15})"$/.exec(header)?.[1];
  if (digits !== undefined) return Math.min(Number(digits), largest);
  const detail = 'must be one ETag as an answer had it, for example "3" with its quotes, or *.';
  throw new Refusal('invalid-request', `If-Match ${detail}`, { errors: [{ pointer: 'header/If-Match', detail }] });
}

/** Whether If-None-Match contains this ETag, by weak comparison as RFC 9110 requires for reads. */
function isKnownTo(request: FastifyRequest, etag: string): boolean {
  const header = request.headers['if-none-match'];
  if (header === undefined) return false;
  return header.trim() === '*' || header.split(',').some((each) => each.trim().replace(/^W\//, '') === etag);
}

/**
 * `tagged`, or an empty 304 when the caller has this revision. Only for resources that change with their revision
 * alone.
 */
export function taggedUnlessKnown<Row extends Revised>(
  request: FastifyRequest,
  reply: FastifyReply,
  row: Row,
): Row | FastifyReply {
  const etag = etagOf(row);
  return isKnownTo(request, etag) ? reply.header('etag', etag).code(304).send() : tagged(reply, row);
}
