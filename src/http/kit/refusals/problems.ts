/**
 * Answers every refusal and failure in one format: a problem document (RFC 9457) with a stable `code` and the id of the
 * request. Only a `Refusal` has a text for the caller. Everything else stays in the log, so no stack, SQL, file path or
 * address leaves the service.
 */

import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { problems as subjectProblems, together } from '../../../core/catalogue.ts';
import { type ProblemRows, Refusal } from '../../../core/kernel/rules/problem.ts';
import { httpProblem, httpProblems } from './http-problems.ts';
import { failsEveryWrite, isTransient } from './transient-failures.ts';

/** All problems that an answer may have, ordered by status. */
export const problems: ProblemRows = Object.fromEntries(
  Object.entries(together<ProblemRows>(subjectProblems, httpProblems)).sort(([, a], [, b]) => a.status - b.status),
);

export const problemType = 'application/problem+json';

const FieldError = z
  .object({
    pointer: z
      .string()
      .describe(
        'The part: a JSON pointer into the body (/parameters/ttl), or query/<name>, path/<name>, header/<name>.',
      ),
    detail: z.string().describe('The rule that the part breaks and what to do, for people.'),
  })
  .meta({ id: 'FieldError', description: 'An error in one part of the request.' });

export const Problem = z
  .object({
    type: z.string().describe('The code as a URI: urn:vworkspace:problem:<code>.'),
    title: z.string().describe('The meaning of the code, for people.'),
    status: z.int().min(400).max(599).describe('The HTTP status.'),
    code: z
      .string()
      .describe(
        `For programs. Codes are stable, and later versions may add more. One of ${Object.keys(problems).join(', ')}.`,
      )
      .meta({ example: 'rule-violated' }),
    detail: z.string().describe('The reason in this case, for people.'),
    instance: z.string().optional().describe('The path of the request.'),
    requestId: z.string().describe('The id of the request, as in the log and in the header X-Request-Id.'),
    errors: z
      .array(FieldError)
      .optional()
      .describe('The errors in parts of the request. Absent when no part is wrong by itself.'),
    existingId: z
      .string()
      .optional()
      .describe('With `already-exists`: the id of the resource that is in the way, as far as it is known.'),
  })
  .meta({ id: 'Problem', description: 'Why a request was refused or failed (RFC 9457).' });
export type Problem = z.infer<typeof Problem>;

export function problemOf(refusal: Refusal, requestId: string, url?: string): Problem {
  const { problem, code, message, errors, existingId } = refusal;
  return {
    type: `urn:vworkspace:problem:${code}`,
    title: problem.title,
    status: problem.status,
    code,
    detail: message,
    ...(url !== undefined && { instance: url.split('?', 1).join('').slice(0, 500) }),
    requestId,
    ...(errors.length > 0 && { errors: [...errors] }),
    ...(existingId !== undefined && { existingId }),
  };
}

/** The format of refusals: problem documents, or that of the agent protocol. */
export interface RefusalFormat {
  readonly type: string;
  body(refusal: Refusal, requestId: string, url?: string): object;
}

export const problemFormat: RefusalFormat = { type: problemType, body: problemOf };

/** Answers with the refusal. Of a defect the caller learns only the id of the request. */
export function sendRefusal(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  format: RefusalFormat,
): FastifyReply {
  if (hasGoneAway(request)) return leaveUnanswered(request, reply);
  const refusal = isStillArriving(error, request) ? tooSlow() : refusalOf(error, request);
  const { status } = refusal.problem;
  if (status >= 500) request.log.error({ err: error }, refusal.message);
  if (refusal.code === 'request-timeout') reply.header('connection', 'close');
  if (refusal.code === 'unauthenticated') reply.header('www-authenticate', 'Bearer');
  if (refusal.retryAfterSeconds !== undefined) reply.header('retry-after', String(refusal.retryAfterSeconds));
  const body = format.body(refusal, request.id, request.url);
  reply.removeHeader('etag');
  // Serialized here: the route's own schemas are for its answers.
  return reply.code(status).type(format.type).serializer(JSON.stringify).send(body);
}

/** Refusals by Fastify itself, by its code. */
const frameworkRefusals: Readonly<Record<string, (request: FastifyRequest) => Refusal>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ({ routeOptions }) =>
    new Refusal(httpProblem['body-too-large'], `The body is larger than ${(routeOptions.bodyLimit ?? 0) / 1024} KiB.`),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: () =>
    new Refusal(httpProblem['unsupported-media-type'], 'Send the body as application/json.'),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: () =>
    new Refusal('malformed-request', 'The body is not as long as Content-Length says.'),
  FST_ERR_BAD_URL: () =>
    new Refusal('malformed-request', 'The address is not well formed: check its percent-encoding.'),
  FST_ERR_MAX_PARAM_LENGTH: () => new Refusal('not-found', 'There is nothing at this address.'),
  FST_ERR_HANDLER_TIMEOUT: () => unavailable('The request took too long. Repeat it with the same Idempotency-Key.'),
};

function refusalOf(error: unknown, request: FastifyRequest): Refusal {
  if (error instanceof Refusal) return error;
  const { code, statusCode } = codesOf(error);
  const known = typeof code === 'string' ? frameworkRefusals[code] : undefined;
  if (known !== undefined) return known(request);
  if (failsEveryWrite(error))
    return unavailable(
      'The database takes no writes now, for example because its disk is full, so nothing of this request is stored. Reading goes on. Repeat the request a little later; the operator of the service finds the reason in its log.',
    );
  if (isTransient(error))
    return unavailable(
      'A part that the service needs is not available. Repeat the request a little later, a POST with the same Idempotency-Key.',
    );
  if (isOfFramework(code, request) && typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500)
    return withOwnStatus(statusCode);
  return new Refusal(
    'internal-error',
    'The service failed. Its operator finds the reason in the log, under the id of the request.',
  );
}

/** Whether Fastify or one of its plugins threw it. Of a route of ours, an error with a status is of some other server. */
function isOfFramework(code: unknown, { routeOptions }: FastifyRequest): boolean {
  return (typeof code === 'string' && code.startsWith('FST_')) || routeOptions.config.scope === undefined;
}

/** The refusal for an error that has a status and no text for callers. A file that may not be read is not there. */
function withOwnStatus(status: number): Refusal {
  if (status === 403 || status === 404) return new Refusal('not-found', 'There is nothing at this address.');
  const [code, row] = Object.entries(problems).find(([, each]) => each.status === status) ?? [];
  if (code !== undefined && row !== undefined) return new Refusal({ code, ...row }, `${row.title}.`);
  const { title } = problems['malformed-request'] ?? { title: '' };
  return new Refusal({ code: 'malformed-request', status, title }, 'The request cannot be read.');
}

/** Whether the client closed the connection before it had sent the whole request. */
function hasGoneAway({ raw }: FastifyRequest): boolean {
  return raw.socket.destroyed && !raw.complete;
}

/** Nobody reads the answer, so there is none to choose: the log says what happened. */
function leaveUnanswered(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  request.log.info({ method: request.method }, 'the client went away before it had sent the whole request');
  return reply.code(400).send();
}

/** Whether a handler timed out because the client has not sent the whole body. */
function isStillArriving(error: unknown, request: FastifyRequest): boolean {
  return codesOf(error).code === 'FST_ERR_HANDLER_TIMEOUT' && !request.raw.complete;
}

function tooSlow(): Refusal {
  return new Refusal(httpProblem['request-timeout'], 'The body did not arrive in time.');
}

function unavailable(detail: string): Refusal {
  return new Refusal('temporarily-unavailable', detail, { retryAfterSeconds: 2 });
}

function codesOf(error: unknown): { code?: unknown; statusCode?: unknown } {
  return typeof error === 'object' && error !== null ? error : {};
}
