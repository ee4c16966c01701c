/**
 * Guards the writes of a watch: the transaction locks the row of its lease. A connector that takes the cluster over
 * waits for the write to end, and a write under a lease that was taken over is refused. Renewing a lease changes no
 * key, so it waits for no write.
 */

import type { PoolClient } from 'pg';
import { type Fence, LeaseLost } from '../../core/clusters/rules/fence.ts';

/**
 * For the first select of a transaction whose locks another process may have to take over. A process that is stopped
 * half way keeps its connection, and would hold its locks for as long as a transaction may be idle.
 */
export const brief = `set_config('idle_in_transaction_session_timeout', '5s', true)`;

const held = `
  select ${brief} from cluster_lease where cluster_id = $1 and connector_id = $2 and epoch = $3 for key share`;

/** Throws LeaseLost when another connector has taken the lease. A lease that has only run out still holds. */
export async function holdFence(client: PoolClient, clusterId: string, fence: Fence): Promise<void> {
  const values = [clusterId, fence.connectorId, fence.epoch];
  const { rowCount } = await client.query({ name: 'hold-fence', text: held, values });
  if (rowCount !== 1) throw new LeaseLost();
}
