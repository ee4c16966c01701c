/** The table of agents' tokens, of which only hashes are stored. */
import type { AgentTokensTable } from '../../core/agents/ports.ts';
import type { Prisma } from '../generated/client.ts';

export function agentTables(client: Prisma.TransactionClient): AgentTokensTable {
  return {
    agentTokens: {
      async replace(clusterId, hash, previousUntil) {
        await client.$executeRaw`
          update cluster set agent_previous_token_hash = agent_token_hash, agent_token_hash = ${hash},
            agent_previous_token_until = case when agent_token_hash is not null then ${previousUntil}::timestamptz end
          where id = ${clusterId}::uuid`;
      },
      async revoke(clusterId) {
        await client.$executeRaw`
          update cluster set agent_token_hash = null, agent_previous_token_hash = null, agent_previous_token_until = null,
            agent_heartbeat_at = null, agent_gap_told_at = null
          where id = ${clusterId}::uuid`;
      },
    },
  };
}
