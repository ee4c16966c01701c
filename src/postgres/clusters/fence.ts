/**
 * The fence before what a watch writes: the row of the lease, locked so that whoever takes the cluster over waits for
 * the write, and the write for who came first. Renewing the lease changes no key and so does not wait for it.
 */

import type { PoolClient } from 'pg';
import { type Fence, LeaseLost } from '../../core/clusters/rules/fence.ts';

/**
 * For the first select of a transaction that locks what another process may have to take over: a process that is
 * stopped half way keeps its connection, and would keep its locks for as long as a transaction may be idle.
 */
export const brief = `set_config('idle_in_transaction_session_timeout', '5s', true)`;

const held = `
  select ${brief} from cluster_lease where cluster_id = $1 and connector_id = $2 and epoch = $3 for key share`;

/** Throws LeaseLost. The lease may have run out: what is written is in order until somebody else has taken it. */
export async function holdFence(client: PoolClient, clusterId: string, fence: Fence): Promise<void> {
  const values = [clusterId, fence.connectorId, fence.epoch];
  const { rowCount } = await client.query({ name: 'hold-fence', text: held, values });
  if (rowCount !== 1) throw new LeaseLost();
}
