/**
 * The standing of a cluster's agent, in columns of the cluster's row. It is judged while the row is locked, and written
 * only if it changes: two replicas that judge it at the same time change it once.
 */

import type { Pool, PoolClient } from 'pg';
import { z } from 'zod';
import type { AgentContact } from '../../core/agents/rules/agent-contact.ts';
import { Cluster } from '../../core/clusters/rules/cluster.ts';
import { sift, throwIfTooMany } from '../../core/kernel/rules/broken/bad-rows.ts';
import { Instant } from '../../core/kernel/rules/fields.ts';
import { sameJson } from '../../core/kernel/rules/json/same-json.ts';
import { type HeldRows, heldAs } from '../kit/batches/held-rows.ts';
import { eachAlone } from '../kit/batches/parts.ts';
import { fromRow, type Row } from '../kit/rows/shape.ts';
import { select } from '../kit/sql.ts';
import { inTransaction } from '../kit/transaction.ts';

const columns = {
  conditions: 'conditions',
  lastContactAt: 'last_contact_at',
  tokenCreatedAt: 'agent_token_created_at',
  heartbeatAt: 'agent_heartbeat_at',
  gapToldAt: 'agent_gap_told_at',
  relistRevision: 'relist_revision',
  relistRaisedAt: 'relist_raised_at',
  relistWanted: 'relist_wanted',
  unreadableCount: 'agent_unreadable_count',
  unreadableAt: 'agent_unreadable_at',
} as const satisfies Record<keyof AgentContact, string>;
const Standing = Cluster.pick({ id: true, conditions: true, lastContactAt: true }).extend({
  tokenCreatedAt: Instant.optional(),
  heartbeatAt: Instant.optional(),
  gapToldAt: Instant.optional(),
  relistRevision: z.int(),
  relistRaisedAt: Instant.optional(),
  relistWanted: z.boolean(),
  unreadableCount: z.int(),
  unreadableAt: Instant.optional(),
}) satisfies z.ZodType<AgentContact>;

const { tokenCreatedAt: _, ...written } = columns;
const selected = Object.entries(columns).map(([field, column]) => `${column} as "${field}"`);
const read = `select id, ${selected.join(', ')} from cluster`;
const write = `
  update cluster c set ${Object.values(written)
    .map((column) => `${column} = w.${column}`)
    .join(', ')}
  from json_populate_recordset(null::cluster, $1) w where c.id = w.id`;

/** `restand` for each cluster that has an agent or waits for a list. Returns how many changed. */
export async function restandAll(
  pool: Pool,
  heldRows: HeldRows,
  stand: (standing: AgentContact) => AgentContact,
): Promise<number> {
  const rows = await select(pool, `${read} where agent_token_hash is not null or relist_wanted`, []);
  const { made, bad } = sift(rows, (row) => {
    const known = fromRow(Standing, row);
    return sameJson(known, stand(known)) ? [] : [known.id];
  });
  throwIfTooMany(bad, rows.length);
  const due = made.flat();
  const failed = await eachAlone(due, (id) => inTransaction(pool, (client) => restand(client, id, stand)));
  const all = [...bad.map(({ item, error }) => ({ item: String(item.id), error })), ...failed];
  await heldRows.putAside('report-clusters', all.map(heldAs('Cluster')));
  return due.length - failed.length;
}

/** Reads the standing, under lock, and writes the one that `stand` returns for it. */
export async function restand(
  client: PoolClient,
  clusterId: string,
  stand: (standing: AgentContact) => AgentContact,
): Promise<void> {
  const [row] = await select(client, `${read} where id = $1 for no key update`, [clusterId]);
  if (row === undefined) return;
  const known = fromRow(Standing, row);
  const next = stand(known);
  if (sameJson(known, next)) return;
  const values: Row = { ...next };
  const stored = Object.entries(written).map(([field, column]) => [column, values[field]]);
  await client.query(write, [JSON.stringify([{ id: clusterId, ...Object.fromEntries(stored) }])]);
}
