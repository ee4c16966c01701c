/**
 * Takes a batch of an agent in one transaction, or fact by fact when one of them cannot be taken: which facts are new,
 * what follows from them, and how the agent stands. Only a database that is away fails it. The digest of a fact is remembered for a day, if the fact is about an Operation or a cluster that is known here. The
 * number of digests of a cluster is bounded. A fact that is not remembered does no harm: folding it twice changes
 * nothing.
 */

import type { Pool, PoolClient } from 'pg';
import { z } from 'zod';
import type { Agent, AgentRecord, BatchRules, TakenBatch } from '../../core/agents/ports.ts';
import type { AgentFact } from '../../core/agents/rules/agent-event.ts';
import { observationOf } from '../../core/agents/rules/posted-conditions.ts';
import { agentEvent } from '../../core/agents/rules/reasons.ts';
import type { Attempt } from '../../core/kernel/isolate.ts';
import { Instant } from '../../core/kernel/rules/fields.ts';
import { Operation } from '../../core/operations/rules/operation.ts';
import type { HeldRows } from '../kit/batches/held-rows.ts';
import { byParts } from '../kit/batches/parts.ts';
import { appendEvents } from '../kit/events.ts';
import { fromRow } from '../kit/rows/shape.ts';
import { select } from '../kit/sql.ts';
import { inTransaction } from '../kit/transaction.ts';
import { ingestIn } from '../observation/observations.ts';
import { foldApplications } from './agent-applications.ts';
import { restand, restandAll } from './agent-standing.ts';

const rowsPerCluster = 100_000;

const holder = `
  select id::text as "clusterId", organization_id::text as "organizationId",
         case when agent_token_hash = $1 then null else agent_previous_token_until end as "endsAt"
  from cluster where agent_token_hash = $1 or agent_previous_token_hash = $1`;
const Holder = z.object({ clusterId: z.string(), organizationId: z.string(), endsAt: Instant.optional() });

const named = `select namespace, name, uid from operation where cluster_id = $1 and name = any($2::text[]) and uid is not null`;
const Named = Operation.pick({ namespace: true, name: true }).extend({ uid: z.string() });

// Sorted, so that two batches with the same facts wait for each other instead of ending in a deadlock.
const remember = `
  with known as (select digest from agent_event where cluster_id = $1 and digest = any($2::bytea[])),
       room as (select greatest(0, $4 - count(*)) as row_count from (select from agent_event where cluster_id = $1 limit $4) held),
       added as (
         insert into agent_event (cluster_id, digest, seen_at)
         select $1, given.digest, $3 from unnest($2::bytea[]) given (digest)
         where given.digest not in (select digest from known)
         order by given.digest limit (select row_count from room)
         on conflict do nothing returning digest)
  select encode(given.digest, 'hex') as digest from unnest($2::bytea[]) given (digest)
  where given.digest in (select digest from added)
     or ((select row_count from room) < cardinality($2) and given.digest not in (select digest from known))`;

export function agentEventsOf(pool: Pool, heldRows: HeldRows): AgentRecord {
  return {
    async holder(tokenHash) {
      const [row] = await select(pool, holder, [tokenHash]);
      return row === undefined ? undefined : fromRow(Holder, row);
    },
    async take(agent, batch, now, rules) {
      const take = (facts: readonly Taken[], unreadable?: TakenBatch['unreadable']) =>
        inTransaction(pool, (client) => takeIn(client, agent, { ...batch, facts, unreadable }, now, rules));
      const { results, bad, roleFailure } = await byParts({
        whole: async () => ({ ...(await take(batch.facts, batch.unreadable)), count: batch.facts.length }),
        rows: async () => {
          if (batch.unreadable !== undefined) await take([], batch.unreadable);
          return batch.facts;
        },
        some: (facts) => take(facts),
      });
      // The agent would post them again for ever, and the watch of the cluster tells the same.
      if (roleFailure !== undefined)
        await take([], { count: batch.facts.length, example: 'nothing could be recorded' });
      await heldRows.putAside(
        'take-agent-events',
        bad.map(({ item: { ref }, error }) => ({
          item: { resourceType: 'Cluster', resourceId: agent.clusterId, name: `${ref.namespace}/${ref.name}` },
          error,
        })),
        now,
      );
      return { changedCount: results.reduce((sum, count) => sum + count, 0) };
    },
    updateContacts: (after) => restandAll(pool, heldRows, after),
    async forget() {
      const { rowCount } = await pool.query(`delete from agent_event where seen_at < now() - interval '24 hours'`);
      return rowCount ?? 0;
    },
  };
}

/** A fact that cannot be taken fails the transaction, and is then taken by itself. */
async function takeIn(
  client: PoolClient,
  { clusterId, organizationId }: Agent,
  { heartbeat, facts, unreadable }: TakenBatch,
  now: string,
  { fold, contactAfter }: BatchRules,
): Promise<Attempt<Taken, number>> {
  const found = await resolve(client, clusterId, facts);
  const fresh = await unseen(client, clusterId, [...found.known, ...facts.filter(concernsCluster)], now);
  const observations = fresh.flatMap((fact) => (fact.uid === undefined ? [] : [observationOf(fact, fact.uid)]));
  const { changedCount, bad } =
    observations.length === 0 ? { changedCount: 0, bad: [] } : await ingestIn(client, clusterId, observations, fold);
  if (bad[0] !== undefined) throw bad[0].error;
  await foldApplications(
    client,
    clusterId,
    facts.filter(({ about }) => about === 'ApplicationInstance'),
    now,
  );
  const rotated = fresh.filter(({ about }) => about === 'CredentialRotated');
  const message = "The cluster's agent has replaced its credential.";
  await appendEvents(
    client,
    rotated.map(() => agentEvent('CredentialRotated', { organizationId, clusterId, message, at: now })),
  );
  const relist = found.unknownCount > 0 || fresh.some(({ about }) => about === 'BufferOverflow');
  await restand(client, clusterId, (known) => contactAfter(known, { heartbeat, relist, unreadable }));
  return { result: changedCount, bad: [] };
}

type Taken = TakenBatch['facts'][number];
type Resolved = Taken & { readonly uid?: string };

const concernsCluster = ({ about }: AgentFact) => about === 'BufferOverflow' || about === 'CredentialRotated';

/** Finds the Operations of this cluster that the facts are about, by namespace, name and uid. */
async function resolve(
  client: PoolClient,
  clusterId: string,
  facts: readonly Taken[],
): Promise<{ readonly known: readonly Resolved[]; readonly unknownCount: number }> {
  const meant = facts.filter(({ about }) => about === 'Operation');
  if (meant.length === 0) return { known: [], unknownCount: 0 };
  const names = [...new Set(meant.map(({ ref }) => ref.name))];
  const rows = (await select(client, named, [clusterId, names])).map((row) => fromRow(Named, row));
  const known = meant.flatMap((fact): Resolved[] => {
    const { ref } = fact;
    const row = rows.find(
      ({ namespace, name, uid }) =>
        name === ref.name && namespace === ref.namespace && (ref.uid === undefined || ref.uid === uid),
    );
    return row === undefined ? [] : [{ ...fact, uid: row.uid }];
  });
  return { known, unknownCount: meant.length - known.length };
}

/** Remembers the facts, and returns those that were not remembered yet. */
async function unseen(
  client: PoolClient,
  clusterId: string,
  facts: readonly Resolved[],
  now: string,
): Promise<readonly Resolved[]> {
  const byDigest = new Map(facts.map((fact) => [fact.digest, fact]));
  if (byDigest.size === 0) return [];
  const digests = [...byDigest.keys()].map((digest) => Buffer.from(digest, 'hex'));
  const rows = await select(client, remember, [clusterId, digests, now, rowsPerCluster]);
  const fresh = new Set(rows.map(({ digest }) => String(digest)));
  return [...byDigest.values()].filter(({ digest }) => fresh.has(digest));
}
