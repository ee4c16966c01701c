/** /livez and /readyz: the state of the service. They need no key, and their answers contain no secret. */
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Refusal } from '../core/kernel/rules/problem.ts';
import { limits } from './kit/limits.ts';
import type { Api, Readiness, ServicePorts } from './kit/ports.ts';
import { Problem, problemOf, problemType } from './kit/refusals/problems.ts';
import { about } from './kit/route.ts';

const tag = 'service';
const scope = 'public';
const Check = z
  .object({
    name: z.string().describe('The part of the service, or the work, for example database or tick.'),
    ok: z.boolean().describe('Whether it works.'),
    detail: z.string().optional().describe('The fault, for people. Absent when the part works.'),
  })
  .meta({ id: 'ReadinessCheck', description: 'Whether one part of the service works.' });
const Liveness = z
  .object({ status: z.enum(['alive']) })
  .meta({ id: 'Liveness', description: 'The process runs and answers requests.' });
const ReadinessReport = z
  .object({
    status: z
      .enum(['ready', 'degraded'])
      .describe(
        'degraded: it serves requests, but not all of them, or not all that follows from them. For example it takes no writes while the disk of its database is full, and still answers reads. The checks say which part does not work.',
      ),
    checks: z.array(Check),
  })
  .meta({ id: 'Readiness', description: 'The service can serve requests, or the role does its work.' });
const Unready = z
  .object({ ...Problem.shape, checks: z.array(Check) })
  .meta({ id: 'Unready', description: 'A problem document that also lists the parts of the service.' });
const Role = z.enum(['api', 'scheduler', 'connector']).describe('A role of this process.');

export function serviceRoutes(api: Api, ports: ServicePorts): void {
  const unready = { description: 'Not ready.', content: { 'application/problem+json': { schema: Unready } } };
  const answer = async (request: FastifyRequest, reply: FastifyReply, ready: () => Promise<readonly Readiness[]>) => {
    const checks = await readiness(ready, request.log);
    const failing = checks.filter(({ ok }) => !ok);
    const needed = failing.filter(({ isDispensable }) => isDispensable !== true).map(({ name }) => name);
    const wrong = ports.draining() ? ['draining'] : needed;
    if (wrong.length === 0) {
      const status = failing.length === 0 ? ('ready' as const) : ('degraded' as const);
      return reply.code(200).send({ status, checks });
    }
    const refusal = new Refusal('temporarily-unavailable', `Not ready: ${wrong.join(', ')}.`);
    return reply
      .code(503)
      .type(problemType)
      .header('retry-after', '2')
      .send({ ...problemOf(refusal, request.id, request.url), checks });
  };

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
          description:
            'The answer is 503 only for what a restart heals: work of this process that has neither succeeded nor failed for five minutes. A database that cannot be reached is no reason to restart it.',
          refusals: [503],
        },
        { response: { 200: Liveness } },
      ),
    },
    async () => {
      const mute = ports.muteWork();
      if (mute !== undefined) throw new Refusal('temporarily-unavailable', `Restart this process: ${mute}`);
      return { status: 'alive' as const };
    },
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
            'The answer is 503 while a part that requests need does not work, and from the signal to stop on. While only some requests fail, for example writes to a read-only database, it is 200 with the status degraded.',
        },
        { response: { 200: ReadinessReport, 503: unready } },
      ),
    },
    (request, reply) => answer(request, reply, ports.ready),
  );

  api.get(
    '/readyz/:role',
    {
      logLevel: 'warn',
      ...about(
        {
          operationId: 'getRoleReadiness',
          scope,
          tag,
          summary: 'Check whether a role of this process does its work',
          description:
            'The answer is 503 until the role has done its main work once, while a part that it needs does not work, and when a part of its main work has not succeeded for 60 seconds. The main work of the scheduler is the tick, by which schedules fire; that of the connector is to hold and watch its clusters, and to find what is owed to them.',
          refusals: [400, 404],
        },
        { params: z.object({ role: Role }), response: { 200: ReadinessReport, 503: unready } },
      ),
    },
    async (request, reply) => {
      const { role } = request.params;
      const ready = ports.roleReady(role);
      if (ready === undefined) throw new Refusal('not-found', `This process does not have the role ${role}.`);
      return answer(request, reply, () => ready);
    },
  );
}

/** The state of the parts, within a bounded time. Why a part could not be checked is in the log only. */
async function readiness(ready: () => Promise<readonly Readiness[]>, log: FastifyBaseLogger): Promise<Readiness[]> {
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
    return [...(await Promise.race([late, ready().catch(failed)]))];
  } finally {
    clearTimeout(timer);
  }
}
