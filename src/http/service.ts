/** The service's own state, for whoever runs it. None of it needs a key, and none tells a secret. */
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
    name: z.string().describe('A part that the service needs, for example database.'),
    ok: z.boolean(),
    detail: z.string().optional().describe('What is the matter, in words.'),
  })
  .meta({ id: 'ReadinessCheck', description: 'Whether one part is well.' });
const Liveness = z
  .object({ status: z.enum(['alive']) })
  .meta({ id: 'Liveness', description: 'The process runs and answers.' });
const ReadinessReport = z
  .object({ status: z.enum(['ready']), checks: z.array(Check) })
  .meta({ id: 'Readiness', description: 'All parts are well.' });
const Unready = z
  .object({ ...Problem.shape, checks: z.array(Check) })
  .meta({ id: 'Unready', description: 'A problem document that also says which parts are well.' });
const MetricsText = z.string().meta({ id: 'MetricsText', description: "Metrics in Prometheus' text format." });

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
          summary: 'Tell whether the process runs',
          description: 'Looks at nothing else: a database that is away is no reason to restart this process.',
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
          summary: 'Tell whether requests can be served',
          description: '503 while a part that is needed is not well, and from the signal to stop on.',
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

  api.get(
    '/metrics',
    {
      logLevel: 'warn',
      ...about(
        { operationId: 'getMetrics', scope, tag, summary: 'Get metrics' },
        { response: { 200: { description: 'Metrics.', content: { 'text/plain': { schema: MetricsText } } } } },
      ),
    },
    async (_, reply) => {
      const { contentType, text } = await ports.metrics();
      return reply.type(contentType).serializer(String).send(text);
    },
  );
}

/** What is asked of parts is bounded; that they cannot be asked is told, and why only to the log. */
async function readiness(ports: ServicePorts, log: FastifyBaseLogger): Promise<Readiness[]> {
  const { promise: late, resolve } = Promise.withResolvers<readonly Readiness[]>();
  const unknown = (detail: string) => [{ name: 'readiness', ok: false, detail }];
  const timer = setTimeout(() => resolve(unknown('No answer in time.')), limits.readinessTimeoutMs);
  const failed = (error: unknown) => {
    log.warn({ err: error }, 'readiness cannot be told');
    return unknown('It cannot be told.');
  };
  try {
    return [...(await Promise.race([late, ports.ready().catch(failed)]))];
  } finally {
    clearTimeout(timer);
  }
}
