/**
 * Reads JSON bodies and refuses those that would break further in: bytes that are no UTF-8, NUL characters and halves
 * of surrogate pairs (PostgreSQL stores neither), keys that poison prototypes, compressed bodies. An empty body counts
 * as no body, even with a content type: generated clients send the type with every POST.
 */

import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify';
import { Refusal } from '../../core/kernel/rules/problem.ts';
import { pointerOf } from './pointers.ts';
import { httpProblem } from './refusals/http-problems.ts';

export function readJsonBodies(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    if (body.length === 0) return done(null, undefined);
    const refuse = (detail: string) => done(new Refusal('malformed-request', detail));
    const encoding = request.headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity') {
      return done(new Refusal(httpProblem['unsupported-media-type'], 'Send the body without Content-Encoding.'));
    }
    const text = decode(body);
    if (text === undefined) return refuse('The body is not UTF-8.');
    parse(request, text, (error: FastifyError | Error | null, value: unknown) => {
      if (error) return refuse(`The body is not JSON that this service accepts: ${error.message.slice(0, 200)}`);
      const pointer = brokenText(value);
      if (pointer === undefined) return done(null, value);
      done(
        new Refusal('malformed-request', 'Text must not contain NUL characters or halves of surrogate pairs.', {
          errors: [{ pointer, detail: 'contains a NUL character or half of a surrogate pair.' }],
        }),
      );
    });
  });
}

/**
 * Ends a request whose client went away while its key was looked up. Node tells of it once, and a reader of the body that
 * comes later would wait for ever. The log then says what happened (sendRefusal).
 */
export async function refuseBrokenOff({ raw }: FastifyRequest): Promise<void> {
  if (raw.destroyed && !raw.complete) throw new Refusal('malformed-request', 'The request was broken off.');
}

/** Refuses a body for a route that takes none, because the client meant something by it. */
export async function refuseUnexpectedBody(request: FastifyRequest): Promise<void> {
  const { body } = request;
  if (body === undefined || body === null || request.routeOptions.schema?.body !== undefined) return;
  if (typeof body === 'object' && Object.keys(body).length === 0) return;
  throw new Refusal('invalid-request', 'This request takes no body.', {
    errors: [{ pointer: '', detail: 'must be empty.' }],
  });
}

const decoder = new TextDecoder('utf-8', { fatal: true });

function decode(body: Buffer): string | undefined {
  try {
    return decoder.decode(body);
  } catch {
    return undefined;
  }
}

const isBroken = (text: string) => text.includes('\u0000') || !text.isWellFormed();

/** The pointer to the first broken text. Without recursion, because a body may be nested as deep as it is long. */
function brokenText(value: unknown): string | undefined {
  const open: { readonly value: unknown; readonly path: readonly PropertyKey[] }[] = [{ value, path: [] }];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const { value: each, path } = at;
    if (typeof each === 'string' && isBroken(each)) return pointerOf(path);
    if (typeof each !== 'object' || each === null) continue;
    for (const [key, inner] of Object.entries(each)) {
      if (isBroken(key)) return pointerOf(path);
      // No schema goes this deep, so a longer path is of no use, and copying it would cost its length at each step.
      open.push({ value: inner, path: path.length < 20 ? [...path, key] : path });
    }
  }
  return undefined;
}
