/**
 * Takes in what a cluster states of its Operations. The rows are read under lock, folded by the domain, and written
 * back in one batch with their events.
 */

import type { Pool, PoolClient } from 'pg';
import type { NewEvent } from '../../core/kernel/rules/event.ts';
import type { Ingested, Observations } from '../../core/observation/ports.ts';
import type { KnownOperation, Observation, Observed } from '../../core/operations/rules/observation.ts';
import { isAbout } from '../../core/operations/rules/observe.ts';
import { holdFence } from '../clusters/fence.ts';
import { appendEvents } from '../kit/events.ts';
import { select } from '../kit/sql.ts';
import { inTransaction } from '../kit/transaction.ts';
import { type Owing, storedOperation, writeObserved, writeVersions } from '../operations/batch.ts';

const locked = `select * from operation where cluster_id = $1 and name = any($2::text[]) order by id for update`;

// For people, so it need not be written each time. It waits for no lock: a later batch writes it then.
const observed = `
  update cluster set last_observed_at = now() where id = (
    select id from cluster
    where id = $1 and (last_observed_at is null or last_observed_at < now() - interval '30 seconds')
    for no key update skip locked
  )`;

const expected = `
  select name, namespace, uid from operation
  where cluster_id = $1 and phase in ('Pending', 'Running') and uid is not null and delivered_at < $2`;

export function observationsOf(pool: Pool): Observations {
  return {
    ingest: (clusterId, observations, decide, fence) =>
      inTransaction(pool, async (client) => {
        if (fence !== undefined) await holdFence(client, clusterId, fence);
        return ingestIn(client, clusterId, observations, decide);
      }),
    async expected(clusterId, before) {
      const rows = await select(pool, expected, [clusterId, before]);
      return rows.map(({ name, namespace, uid }) => ({
        name: String(name),
        namespace: String(namespace),
        uid: String(uid),
      }));
    },
  };
}

/** `ingest`, in the caller's transaction. */
export async function ingestIn(
  client: PoolClient,
  clusterId: string,
  observations: readonly Observation[],
  decide: (operation: KnownOperation, observation: Observation) => Observed,
): Promise<Ingested> {
  const byName = Map.groupBy(observations, ({ name }) => name);
  const names = [...byName.keys()];
  const { rows } = await client.query({ name: 'lock-observed', text: locked, values: [clusterId, names] });
  const written: Owing[] = [];
  const passed: KnownOperation[] = [];
  const events: NewEvent[] = [];
  const matched = new Set<Observation>();
  for (const stored of rows.map(storedOperation)) {
    let { operation } = stored;
    let changed = false;
    let owed: Observed['owed'];
    for (const observation of byName.get(operation.name) ?? []) {
      if (observation.namespace !== operation.namespace) continue;
      if (isAbout(operation, observation)) matched.add(observation);
      const observed = decide(operation, observation);
      operation = observed.operation;
      changed ||= observed.changed;
      owed = observed.owed;
      events.push(...observed.events);
    }
    if (changed || (owed !== undefined && stored.owed === undefined)) written.push({ operation, owed });
    else if (operation.observedVersion !== stored.operation.observedVersion) passed.push(operation);
  }
  await writeObserved(client, written);
  await writeVersions(client, passed);
  await appendEvents(client, events);
  if (observations.length > 0) await client.query({ name: 'cluster-observed', text: observed, values: [clusterId] });
  return { changedCount: written.length, unmatched: observations.filter((each) => !matched.has(each)) };
}
