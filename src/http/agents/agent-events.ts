/** POST /api/agent/events: the agent of a cluster reports what happens there. */

import type { AgentPorts } from '../../core/agents/agent-events.ts';
import { authenticateAgent, takeAgentEvents } from '../../core/agents/agent-events.ts';
import type { Agent } from '../../core/agents/ports.ts';
import { AgentEvents } from '../../core/agents/rules/agent-event.ts';
import type { ReadEvents } from '../../core/agents/rules/read-events.ts';
import { Refusal } from '../../core/kernel/rules/problem.ts';
import { type Rate, tokenBuckets } from '../budgets/token-buckets.ts';
import { bearerOf } from '../kit/auth.ts';
import type { Api } from '../kit/ports.ts';
import { httpProblem } from '../kit/refusals/http-problems.ts';
import { about } from '../kit/route.ts';
import { agentMediaType, readAgentBodies } from './body.ts';

/** Five times the usual rate of an agent, and at once as much as it keeps over an outage. */
const usualRate = { perSecond: 5, burst: 50 };

interface AgentLimits {
  /** How often the agent of one cluster may post. */
  readonly agentRate?: Rate | undefined;
}

export function agentEventRoutes(api: Api, ports: AgentPorts & AgentLimits): void {
  const batches = tokenBuckets(ports.agentRate ?? usualRate);
  // In a context of its own, because no other route reads bodies in this way.
  api.register(async (app: Api) => {
    readAgentBodies(app);
    app.decorateRequest('agent');

    app.post(
      '/api/agent/events',
      {
        // What was read already fits.
        validatorCompiler: () => (value) => ({ value }),
        async onRequest(request, reply) {
          const agent = await authenticateAgent(ports, bearerOf(request));
          request.log = request.log.child({ clusterId: agent.clusterId });
          const { waitSeconds: retryAfterSeconds } = batches.take(agent.clusterId, performance.now());
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
            summary: 'Report events of the agent of a cluster',
            description:
              'Takes a batch of events. The service answers once it has recorded the batch. Repeated events and another order do no harm. Events are about the cluster of the token, and add to what the watch of the cluster reports. No batch is refused for its content or its media type, because the agent would post it again for ever: what cannot be read is left out and counted, and the condition `AgentEventsRead` of the cluster reports it. Of a body beyond 4 MiB the events that stand before that are read; one beyond 64 MiB is refused with 413.',
            refusals: [408, 413],
          },
          { consumes: [agentMediaType, 'application/json'], body: AgentEvents },
        ),
      },
      async (request, reply) => {
        await takeAgentEvents(
          ports,
          request.getDecorator<Agent>('agent'),
          request.getDecorator<ReadEvents>('agentBatch'),
        );
        return reply.code(204).send();
      },
    );
  });
}
