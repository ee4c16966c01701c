/** The table of agents' tokens, of which only hashes are stored. */
import type { AgentTokensTable } from '../../core/agents/ports.ts';
import { run, type Sql } from '../kit/sql.ts';

const replace = `
  update cluster set agent_previous_token_hash = agent_token_hash, agent_token_hash = $2,
    agent_previous_token_until = case when agent_token_hash is not null then $3::timestamptz end
  where id = $1::uuid`;
const revoke = `
  update cluster set agent_token_hash = null, agent_previous_token_hash = null, agent_previous_token_until = null,
    agent_heartbeat_at = null, agent_gap_told_at = null
  where id = $1::uuid`;

export function agentTables(client: Sql): AgentTokensTable {
  return {
    agentTokens: {
      async replace(clusterId, hash, previousUntil) {
        await run(client, replace, clusterId, hash, previousUntil);
      },
      async revoke(clusterId) {
        await run(client, revoke, clusterId);
      },
    },
  };
}
