/**
 * Optimistic locking. The ETag of a resource is its revision in quotes. A client that changes a resource may send in
 * If-Match the ETag that it has read. Without If-Match the last write wins; that is the client's choice.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ExpectedRevisions } from '../../core/access/call.ts';
import { Refusal } from '../../core/kernel/rules/problem.ts';

export interface Revised {
  readonly revision: number;
}

export function etagOf({ revision }: Revised): string {
  return `"${revision}"`;
}

/** Sets the ETag of the row on the answer, and returns the row. */
export function tagged<Row extends Revised>(reply: FastifyReply, row: Row): Row {
  reply.header('etag', etagOf(row));
  return row;
}

const entityTag = /(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"/;
const entityTags = new RegExp(`^[ \\t,]*${entityTag.source}([ \\t]*,[ \\t,]*${entityTag.source})*[ \\t,]*$`);

/**
 * The revisions in If-Match; `undefined` without the header and for `*`, which matches any revision. The comparison is
 * strong (RFC 9110, section 13.1.1): a weak ETag matches nothing, and neither does one that no answer had.
 */
export function expectedRevision(request: FastifyRequest): ExpectedRevisions | undefined {
  const header = request.headers['if-match']?.trim();
  if (header === undefined || header === '*') return undefined;
  if (entityTags.test(header)) {
    return [...header.matchAll(new RegExp(entityTag, 'g'))].flatMap(([, weak, text = '']) =>
      weak === undefined && /^[1-9]\d{0,15}$/.test(text) ? [Number(text)] : [],
    );
  }
  const detail = 'must be ETags as answers had them, for example "3" with its quotes, or *.';
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
