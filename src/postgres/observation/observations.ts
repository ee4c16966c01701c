/**
 * Takes in what a cluster states of its Operations. The rows are read under lock, folded by the domain, and written
 * back in one batch with their events.
 */

import type { Pool, PoolClient } from 'pg';
import { type Bad, sift } from '../../core/kernel/rules/broken/bad-rows.ts';
import type { HeldRow } from '../../core/kernel/rules/broken/held-row.ts';
import type { NewEvent } from '../../core/kernel/rules/event.ts';
import type { Ingested, Observations } from '../../core/observation/ports.ts';
import type { KnownOperation, Observation, Observed } from '../../core/operations/rules/observed/observation.ts';
import { isAbout } from '../../core/operations/rules/observed/observe.ts';
import { holdFence } from '../clusters/fence.ts';
import type { HeldRows } from '../kit/batches/held-rows.ts';
import { inParts } from '../kit/batches/parts.ts';
import { appendEvents } from '../kit/events.ts';
import { select } from '../kit/sql.ts';
import { inTransaction } from '../kit/transaction.ts';
import {
  type Owing,
  type StoredOperation,
  storedOperation,
  writeObserved,
  writeVersions,
} from '../operations/batch.ts';
import { keepAsVeleroDoes } from '../velero/later-expiry.ts';

// What was held is released: when the batch fails, that is rolled back. Where nothing is held, no row is looked at.
const locked = `
  with released as (
    delete from held_row h using operation o
    where (select exists (select from held_row where work = 'observe-operations'))
      and h.work = 'observe-operations' and o.id = h.resource_id and o.cluster_id = $1 and o.name = any($2::text[])
  )
  select * from operation where cluster_id = $1 and name = any($2::text[]) order by id for update`;
const idsOf = 'select id::text, name from operation where cluster_id = $1 and name = any($2::text[])';

const isOld = (at: string) => `(${at} is null or ${at} < now() - interval '30 seconds')`;
// For people, so it need not be written each time. It waits for no lock: a later batch writes it then.
const observed = `
  update cluster set last_observed_at = now(), operator_seen_at = case when $2 then now() else operator_seen_at end where id = (
    select id from cluster
    where id = $1 and (${isOld('last_observed_at')} or ($2 and ${isOld('operator_seen_at')}))
    for no key update skip locked
  )`;

const expected = `
  select name, namespace, uid from operation
  where cluster_id = $1 and phase in ('Pending', 'Running') and uid is not null and delivered_at < $2`;

export function observationsOf(pool: Pool, heldRows: HeldRows): Observations {
  return {
    async ingest(clusterId, observations, decide, fence) {
      // With nothing to write the fence speaks all the same: the watch of a lost lease ends.
      if (observations.length === 0 && fence !== undefined)
        await inTransaction(pool, (client) => holdFence(client, clusterId, fence));
      const { results, bad, roleFailure } = await inParts(
        [...Map.groupBy(observations, ({ name }) => name)],
        (groups) =>
          inTransaction(pool, async (client) => {
            if (fence !== undefined) await holdFence(client, clusterId, fence);
            const seen = groups.flatMap(([, each]) => each);
            const { bad, ...ingested } = await ingestIn(client, clusterId, seen, decide);
            const errors = new Map(bad.map(({ item, error }) => [item, error]));
            return {
              result: ingested,
              bad: groups.filter(([name]) => errors.has(name)).map((item) => ({ item, error: errors.get(item[0]) })),
            };
          }),
      );
      if (roleFailure !== undefined) throw roleFailure;
      if (bad.length > 0) {
        const { rows } = await pool.query(idsOf, [clusterId, bad.map(({ item: [name] }) => name)]);
        const ids = new Map(rows.map(({ id, name }) => [String(name), String(id)]));
        const held = bad.map(({ item: [name], error }): Bad<HeldRow> => {
          const id = ids.get(name);
          const item =
            id === undefined ? { ...ofCluster, resourceId: clusterId, name } : { ...ofOperation, resourceId: id };
          return { item, error };
        });
        await heldRows.putAside('observe-operations', held);
      }
      return {
        changedCount: results.reduce((sum, { changedCount }) => sum + changedCount, 0),
        foreignCount: results.reduce((sum, { foreignCount }) => sum + foreignCount, 0),
        unmatched: results.flatMap(({ unmatched }) => unmatched),
      };
    },
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

/** Of a Backup whose copy has an expiry. */
function copyNameOf({ operation: { name, expiresAt } }: Owing): readonly string[] {
  return expiresAt === undefined ? [] : [name];
}

const ofOperation = { resourceType: 'Operation' } as const;
const ofCluster = { resourceType: 'Cluster' } as const;

/**
 * `ingest`, in the caller's transaction. The names are those of observations that cannot be folded, for example because
 * the record of their Operation cannot be read.
 */
export async function ingestIn(
  client: PoolClient,
  clusterId: string,
  observations: readonly Observation[],
  decide: (operation: KnownOperation, observation: Observation) => Observed,
): Promise<Ingested & { readonly bad: readonly Bad<string>[] }> {
  const byName = Map.groupBy(observations, ({ name }) => name);
  const names = [...byName.keys()];
  const { rows } = await client.query({ name: 'lock-observed', text: locked, values: [clusterId, names] });
  const { made, bad } = sift(rows, (row) => folded(storedOperation(row), byName, decide));
  const written = made.flatMap(({ stored, operation, changed, owed }): Owing[] =>
    changed || (owed !== undefined && stored.owed === undefined) ? [{ operation, owed }] : [],
  );
  const passed = made.flatMap(({ stored, operation, changed, owed }): KnownOperation[] =>
    !changed &&
    (owed === undefined || stored.owed !== undefined) &&
    operation.observedVersion !== stored.operation.observedVersion
      ? [operation]
      : [],
  );
  const events = made.flatMap((each) => each.events);
  const badNames = new Set(bad.map(({ item }) => String(item.name)));
  const matched = new Set(made.flatMap((each) => each.matched));
  await writeObserved(client, written);
  await keepAsVeleroDoes(client, clusterId, written.flatMap(copyNameOf));
  await writeVersions(client, passed);
  await appendEvents(client, events);
  const unmatched = observations.filter((each) => !matched.has(each) && !badNames.has(each.name));
  const knownForeign = made.filter(({ operation: { origin } }) => origin === 'cluster');
  if (observations.length > 0)
    await client.query({ name: 'cluster-observed', text: observed, values: [clusterId, written.length > 0] });
  return {
    changedCount: written.length,
    foreignCount: knownForeign.reduce((sum, each) => sum + each.matched.length, unmatched.length),
    unmatched,
    bad: bad.map(({ item, error }) => ({ item: String(item.name), error })),
  };
}

/** The stored Operation with all observations that are about it. */
function folded(
  stored: StoredOperation,
  byName: ReadonlyMap<string, readonly Observation[]>,
  decide: (operation: KnownOperation, observation: Observation) => Observed,
) {
  let { operation } = stored;
  let changed = false;
  let owed: Observed['owed'];
  const events: NewEvent[] = [];
  const matched: Observation[] = [];
  for (const observation of byName.get(operation.name) ?? []) {
    if (observation.namespace !== operation.namespace) continue;
    if (isAbout(operation, observation)) matched.push(observation);
    const observed = decide(operation, observation);
    operation = observed.operation;
    changed ||= observed.changed;
    // A deletion that is owed already goes on for its own reason.
    owed = stored.owed === undefined || stored.owed === 'Apply' ? observed.owed : undefined;
    events.push(...observed.events);
  }
  return { stored, operation, changed, owed, events, matched };
}
