/** Posted conditions of ApplicationInstances, folded into the mirrored ones. What is not mirrored is passed over. */
import type { PoolClient } from 'pg';
import { z } from 'zod';
import type { AgentFact } from '../../core/agents/rules/agent-event.ts';
import { isNewer } from '../../core/agents/rules/posted-conditions.ts';
import { Condition, withStated } from '../../core/kernel/rules/condition.ts';
import { select } from '../kit/sql.ts';

const maxTypeCount = 48;
const mirrored = `
  select id, namespace, name, uid, conditions from cluster_application
  where cluster_id = $1 and name = any($2::text[]) and gone_at is null order by id for update`;
const Mirrored = z.object({
  id: z.string(),
  namespace: z.string(),
  name: z.string(),
  uid: z.string(),
  conditions: z.array(Condition),
});

export async function foldApplications(
  client: PoolClient,
  clusterId: string,
  facts: readonly AgentFact[],
  now: string,
): Promise<void> {
  if (facts.length === 0) return;
  const names = [...new Set(facts.map(({ ref }) => ref.name))];
  for (const { id, namespace, name, uid, conditions } of Mirrored.array().parse(
    await select(client, mirrored, [clusterId, names]),
  )) {
    const meant = facts.filter(
      ({ ref }) => ref.name === name && ref.namespace === namespace && (ref.uid ?? uid) === uid,
    );
    const next = meant.reduce((known, { condition }) => merged(known, condition, now), conditions);
    if (next === conditions) continue;
    await client.query('update cluster_application set conditions = $2 where id = $1', [id, JSON.stringify(next)]);
  }
}

function merged(conditions: Condition[], condition: Condition, now: string): Condition[] {
  const known = conditions.find(({ type }) => type === condition.type);
  if (known === undefined ? conditions.length >= maxTypeCount : !isNewer(known, condition, now)) return conditions;
  const next = withStated(conditions, condition);
  return next === conditions ? conditions : [...next];
}
