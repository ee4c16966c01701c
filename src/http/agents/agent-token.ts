/**
 * /v1/clusters/{id}/agent-token: the token that a cluster's agent posts events with. The token itself is in the answer
 * that creates it and nowhere else.
 */

import { z } from 'zod';
import { createAgentToken, revokeAgentToken } from '../../core/agents/agent-token.ts';
import type { AgentTokensTable } from '../../core/agents/ports.ts';
import type { ClustersTable } from '../../core/clusters/ports.ts';
import type { EventsTable } from '../../core/kernel/ports.ts';
import { Id, Instant } from '../../core/kernel/rules/fields.ts';
import { answerOnce, write } from '../kit/calls.ts';
import { ActorHeaders, ById, PostHeaders } from '../kit/parameters.ts';
import type { Api, RoutePorts } from '../kit/ports.ts';
import { about } from '../kit/route.ts';

const AgentToken = z
  .object({
    clusterId: Id,
    token: z
      .string()
      .describe(
        'The token itself: the agent sends it as a Bearer token. Only the answer that creates the token contains it; the service stores its hash.',
      ),
    agentTokenCreatedAt: Instant,
    previousTokenGoodUntil: Instant.optional().describe(
      'Until when the service accepts the previous token. Absent when there was none.',
    ),
  })
  .meta({ id: 'AgentToken', description: 'A new token for the agent of a cluster.' });

export function agentTokenRoutes(api: Api, ports: RoutePorts<ClustersTable & AgentTokensTable & EventsTable>): void {
  api.post(
    '/v1/clusters/:id/agent-token',
    about(
      {
        operationId: 'createAgentToken',
        scope: 'clusters:write',
        tag: 'agents',
        summary: 'Create a token for the agent of a cluster',
        description:
          'The agent posts events with it (`reportAgentEvents`). The previous token stays valid for 24 hours. Only this answer contains `token`, and its replays by Idempotency-Key.',
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
        summary: 'Revoke the tokens of the agent of a cluster',
        description:
          'The service refuses the current and the previous token from now on. Revoking them again changes nothing.',
      },
      { params: ById, headers: ActorHeaders },
    ),
    async (request, reply) => {
      await write(ports, request, (call) => revokeAgentToken(call, request.params.id));
      return reply.code(204).send();
    },
  );
}
