/** The work that the subject of agents does by itself. */
import type { Task } from '../kernel/task.ts';
import { type AgentPorts, type ContactPorts, lookAfterAgents } from './agent-events.ts';

export const agentsTasks = [
  {
    name: 'forget-agent-events',
    role: 'scheduler',
    everySeconds: 3600,
    timeoutSeconds: 60,
    dependsOnTime: true,
    run: ({ agents }: Pick<AgentPorts, 'agents'>) => agents.forget(),
  },
  {
    name: 'look-after-agents',
    role: 'scheduler',
    everySeconds: 10,
    timeoutSeconds: 30,
    dependsOnTime: true,
    run: lookAfterAgents,
  },
] as const satisfies readonly Task<ContactPorts>[];
