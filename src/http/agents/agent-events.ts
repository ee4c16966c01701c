/** POST /api/agent/events: a cluster's own agent tells what happens there. And the token that it does so with. */

import { z } from 'zod';
import type { AgentPorts } from '../../core/agents/agent-events.ts';
import { authenticateAgent, takeAgentEvents } from '../../core/agents/agent-events.ts';
import { createAgentToken, revokeAgentToken } from '../../core/agents/agent-token.ts';
import type { Agent, AgentTokensTable } from '../../core/agents/ports.ts';
import { AgentEvents } from '../../core/agents/rules/agent-event.ts';
import type { ClustersTable } from '../../core/clusters/ports.ts';
import type { EventsTable } from '../../core/kernel/ports.ts';
import { Id, Instant } from '../../core/kernel/rules/fields.ts';
import { Refusal } from '../../core/kernel/rules/problem.ts';
import { bearerOf } from '../kit/auth.ts';
import { answerOnce, write } from '../kit/calls.ts';
import { httpProblem } from '../kit/http-problems.ts';
import { ActorHeaders, ById, PostHeaders } from '../kit/parameters.ts';
import type { Api, RoutePorts } from '../kit/ports.ts';
import { about } from '../kit/route.ts';
import { agentBodyBytes, agentMediaType, readAgentBodies } from './body.ts';
import type { Rate } from './rate.ts';
import { buckets } from './rate.ts';

/** Five times what an agent posts; and, at once, what it has kept over an outage. */
const usualRate = { perSecond: 5, burst: 50 };

const AgentToken = z
  .object({
    clusterId: Id,
    token: z.string().describe('To be sent as a Bearer token. Told this once; only its hash is stored.'),
    agentTokenCreatedAt: Instant,
    previousTokenGoodUntil: Instant.optional().describe(
      'Until when the token before it is accepted, if there was one.',
    ),
  })
  .meta({ id: 'AgentToken', description: "A new token for a cluster's agent." });

interface AgentLimits {
  /** How often the agent of one cluster may post. */
  readonly agentRate?: Rate | undefined;
}

export function agentTokenRoutes(api: Api, ports: RoutePorts<ClustersTable & AgentTokensTable & EventsTable>): void {
  api.post(
    '/v1/clusters/:id/agent-token',
    about(
      {
        operationId: 'createAgentToken',
        scope: 'clusters:write',
        tag: 'agents',
        summary: "Make a token for a cluster's agent",
        description:
          'The agent posts events with it (`reportAgentEvents`). The token before it stays good for 24 hours. `token` is in this answer only (and in its replays by Idempotency-Key).',
      },
      { params: ById, headers: PostHeaders, response: { 201: AgentToken } },
    ),
    (request, reply) =>
      answerOnce(ports, request, reply, async (call) => {
        const { id } = request.params;
        const { token, createdAt, previousGoodUntil } = await createAgentToken(call, id);
        const until = previousGoodUntil === undefined ? {} : { previousTokenGoodUntil: previousGoodUntil };
        return {
          status: 201,
          body: { clusterId: id, token, agentTokenCreatedAt: createdAt, ...until },
          headers: { location: `/v1/clusters/${id}` },
        };
      }),
  );

  api.delete(
    '/v1/clusters/:id/agent-token',
    about(
      {
        operationId: 'revokeAgentToken',
        scope: 'clusters:write',
        tag: 'agents',
        summary: "Revoke the tokens of a cluster's agent",
        description: 'Both, the present one and the one before, are refused from now on.',
      },
      { params: ById, headers: ActorHeaders },
    ),
    async (request, reply) => {
      await write(ports, request, (call) => revokeAgentToken(call, request.params.id));
      return reply.code(204).send();
    },
  );
}

export function agentEventRoutes(api: Api, ports: AgentPorts & AgentLimits): void {
  const wait = buckets(ports.agentRate ?? usualRate);
  // Apart, because what is read of a body here holds for no other route.
  api.register(async (app: Api) => {
    readAgentBodies(app);
    app.decorateRequest('agent');

    app.post(
      '/api/agent/events',
      {
        bodyLimit: agentBodyBytes,
        async onRequest(request, reply) {
          const agent = await authenticateAgent(ports, bearerOf(request));
          request.log = request.log.child({ clusterId: agent.clusterId });
          const retryAfterSeconds = wait(agent.clusterId, performance.now());
          if (retryAfterSeconds > 0) {
            reply.header('connection', 'close');
            throw new Refusal(
              httpProblem['too-many-requests'],
              'The agent posts too often: a batch a second is enough.',
              {
                retryAfterSeconds,
              },
            );
          }
          request.setDecorator('agent', agent);
        },
        ...about(
          {
            operationId: 'reportAgentEvents',
            scope: 'agentToken',
            tag: 'agents',
            summary: "Take in events of a cluster's agent",
            description:
              'A batch of at most 100 events, as JSON of at most 1 MiB; answered when it has been recorded. Repetitions and another order do no harm. Events are about the cluster of the token, and join what the watch tells.',
            refusals: [408, 413, 415, 422, 429],
          },
          { consumes: [agentMediaType, 'application/json'], body: AgentEvents },
        ),
      },
      async (request, reply) => {
        await takeAgentEvents(ports, request.getDecorator<Agent>('agent'), request.body);
        return reply.code(204).send();
      },
    );
  });
}
