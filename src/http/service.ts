/** /livez and /readyz: the state of the service. They need no key, and their answers contain no secret. */
import type { FastifyBaseLogger } from 'fastify';
import { z } from 'zod';
import { Refusal } from '../core/kernel/rules/problem.ts';
import { limits } from './kit/limits.ts';
import type { Api, Readiness, ServicePorts } from './kit/ports.ts';
import { Problem, problemOf, problemType } from './kit/problems.ts';
import { about } from './kit/route.ts';

const tag = 'service';
const scope = 'public';
const Check = z
  .object({
    name: z.string().describe('The part of the service, for example database.'),
    ok: z.boolean().describe('true: the service can serve requests as far as this part goes.'),
    detail: z.string().optional().describe('The fault, for people. Absent when the part works.'),
  })
  .meta({ id: 'ReadinessCheck', description: 'Whether one part of the service works.' });
const Liveness = z
  .object({ status: z.enum(['alive']) })
  .meta({ id: 'Liveness', description: 'The process runs and answers requests.' });
const ReadinessReport = z
  .object({ status: z.enum(['ready']), checks: z.array(Check) })
  .meta({ id: 'Readiness', description: 'The service can serve requests.' });
const Unready = z
  .object({ ...Problem.shape, checks: z.array(Check) })
  .meta({ id: 'Unready', description: 'A problem document that also lists the parts of the service.' });

export function serviceRoutes(api: Api, ports: ServicePorts): void {
  api.get(
    '/livez',
    {
      logLevel: 'warn',
      ...about(
        {
          operationId: 'getLiveness',
          scope,
          tag,
          summary: 'Check whether the process runs',
          description: 'Checks nothing else: a database that cannot be reached is no reason to restart this process.',
        },
        { response: { 200: Liveness } },
      ),
    },
    async () => ({ status: 'alive' as const }),
  );

  api.get(
    '/readyz',
    {
      logLevel: 'warn',
      ...about(
        {
          operationId: 'getReadiness',
          scope,
          tag,
          summary: 'Check whether the service can serve requests',
          description:
            'The answer is 503 while a part that the service needs does not work, and from the signal to stop on.',
        },
        {
          response: {
            200: ReadinessReport,
            503: { description: 'Not ready.', content: { 'application/problem+json': { schema: Unready } } },
          },
        },
      ),
    },
    async (request, reply) => {
      const checks = await readiness(ports, request.log);
      const wrong = ports.draining() ? ['draining'] : checks.filter(({ ok }) => !ok).map(({ name }) => name);
      if (wrong.length === 0) return { status: 'ready' as const, checks };
      const refusal = new Refusal('temporarily-unavailable', `Not ready: ${wrong.join(', ')}.`);
      return reply
        .code(503)
        .type(problemType)
        .header('retry-after', '2')
        .send({ ...problemOf(refusal, request.id, request.url), checks });
    },
  );
}

/** The state of the parts, within a bounded time. Why a part could not be checked is in the log only. */
async function readiness(ports: ServicePorts, log: FastifyBaseLogger): Promise<Readiness[]> {
  const { promise: late, resolve } = Promise.withResolvers<readonly Readiness[]>();
  const unknown = (detail: string) => [{ name: 'readiness', ok: false, detail }];
  const timer = setTimeout(
    () => resolve(unknown('Readiness could not be checked in time.')),
    limits.readinessTimeoutMs,
  );
  const failed = (error: unknown) => {
    log.warn({ err: error }, 'readiness could not be checked');
    return unknown('Readiness could not be checked.');
  };
  try {
    return [...(await Promise.race([late, ports.ready().catch(failed)]))];
  } finally {
    clearTimeout(timer);
  }
}
