/**
 * Answers unknown addresses with 404, unknown methods with 405 and Allow, and OPTIONS; all before a body is read. An
 * address that is written out goes before one with an id in its place: `GET /v1/schedules/preview` asks for no schedule.
 */

import type { FastifyInstance } from 'fastify';
import { Refusal } from '../../../core/kernel/rules/problem.ts';
import { httpProblem } from './http-problems.ts';

interface Address {
  readonly pattern: RegExp;
  readonly methods: Set<string>;
}

export function answerUnknownAddresses(app: FastifyInstance): void {
  const addresses = new Map<string, Address>();

  app.addHook('onRoute', ({ url, method }) => {
    const known = addresses.get(url) ?? { pattern: patternOf(url), methods: new Set<string>() };
    for (const each of [method].flat()) known.methods.add(each);
    addresses.set(url, known);
  });

  app.addHook('onRequest', async (request, reply) => {
    const path = request.url.split('?', 1).join('');
    const written = addresses.get(path);
    const asId = request.routeOptions.url?.includes(':') === true;
    const hidden = asId && written !== undefined && !written.methods.has(request.method);
    if (!request.is404 && !hidden) return;
    const allowed = [...(written === undefined ? addresses.values() : [written])]
      .filter(({ pattern }) => pattern.test(path))
      .flatMap(({ methods }) => [...methods]);
    if (allowed.length === 0) throw new Refusal('not-found', 'There is nothing at this address.');
    reply.header('allow', [...new Set([...allowed, 'OPTIONS'])].sort().join(', '));
    if (request.method === 'OPTIONS') return reply.code(204).send();
    throw new Refusal(
      httpProblem['method-not-allowed'],
      `This address does not support ${request.method}. The header Allow lists the methods that it supports.`,
    );
  });

  app.setNotFoundHandler(() => {
    throw new Refusal('not-found', 'There is nothing at this address.');
  });
}

/** A pattern for the addresses of a route: `:id` stands for one segment, `*` for the rest. */
function patternOf(url: string): RegExp {
  const escaped = url.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replaceAll(/:[A-Za-z]+/g, '[^/]+').replaceAll('*', '.*')}$`);
}
