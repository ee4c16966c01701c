/**
 * Folds the conditions that an agent posts of ApplicationInstances into the mirror. An application that is not mirrored
 * is left out: the next list of the watch brings its conditions.
 */
import type { PoolClient } from 'pg';
import type { AgentFact } from '../../core/agents/rules/agent-event.ts';
import { isNewer } from '../../core/agents/rules/posted-conditions.ts';
import { Mirrored } from '../../core/applications/rules/mirrored-application.ts';
import { type Condition, withStated } from '../../core/kernel/rules/condition.ts';
import { columnsOf } from '../kit/rows/columns.ts';
import { select } from '../kit/sql.ts';

const maxTypeCount = 48;
const Known = Mirrored.pick({ id: true, namespace: true, name: true, uid: true, conditions: true });
const mirrored = `
  select ${columnsOf(Known.shape)} from cluster_application
  where cluster_id = $1 and name = any($2::text[]) and gone_at is null order by id for update`;

export async function foldApplications(
  client: PoolClient,
  clusterId: string,
  facts: readonly AgentFact[],
  now: string,
): Promise<void> {
  if (facts.length === 0) return;
  const names = [...new Set(facts.map(({ ref }) => ref.name))];
  for (const { id, namespace, name, uid, conditions } of Known.array().parse(
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
