/**
 * Clusters that are well, and beside them others that fall ill a few at a time. Measured is how long the well ones wait
 * for what is owed to them. Whoever falls ill has been well for minutes, is watched and takes what it is sent; how an
 * illness shows is looked for in the very time that is measured; and before the next measurement nothing is left of it.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import { type Queues, startQueues } from '../../src/bullmq/queues.ts';
import type { Ailment } from './ailments.ts';
import type { MeasuredProcess } from './connector-process.ts';
import { allWatched, connect, type Landscape, owe, owedCount, setLandscape, watchedCount } from './landscape.ts';
import { keptLog } from './log.ts';
import type { LoggedRequest, StatedOperation } from './many-clusters.ts';
import { until } from './until.ts';

export interface Illness {
  readonly ailments: readonly Ailment[];
  /** Befalls the operator: clusters fall ill whose operators are fast, and post their events. */
  readonly ofOperator?: boolean;
  /** What the cluster has taken already is owed to it once more. */
  readonly again?: boolean;
  /** Whether a cluster shows it. */
  readonly shows: (signs: Signs) => boolean;
}

/** What there is of an ill cluster since it fell ill. */
export interface Signs {
  readonly requests: readonly LoggedRequest[];
  readonly struckCount: number;
  /** What the record says of what is owed to it. */
  readonly owed: readonly {
    readonly uid: string | null;
    readonly attempts: number;
    readonly observed: boolean;
    /** Why it is not delivered yet; null without an answer. */
    readonly message: string | null;
  }[];
  readonly stated: readonly StatedOperation[];
  /** What it took before it fell ill, and has no more. */
  readonly lostCount: number;
}

export interface Neighbourhood {
  /** How long the well clusters wait for theirs, when no other cluster is owed anything. */
  aloneSeconds(): Promise<number>;
  /** The same while others are ill, as which they show, and are owed as much as they can be called with at a time. */
  besideSeconds(illness: Illness): Promise<number>;
  close(): Promise<void>;
}

const wellCount = 20;
const illCount = 3;
/** So many that one falls ill again only after minutes: waits grow with each failure that is not long past. */
const turns = { usual: 42, ofOperator: 6 };
const owedToEach = { well: 80, ill: 8 };
/** The operators of most clusters do nothing as long as anything is measured: it is the delivery that counts. */
const speeds = { still: 0.0001, fast: 200 };

export async function setNeighbourhood(): Promise<Neighbourhood> {
  const landscape = await setLandscape(
    { count: wellCount + illCount * turns.usual, speed: speeds.still },
    { count: illCount * turns.ofOperator, speed: speeds.fast },
  );
  const { clusterIds, many, pool, service } = landscape;
  const connector = connect(landscape);
  const queues = await startQueues({
    connection: { kind: 'postgres', url: service.databaseUrl },
    log: keptLog().log,
  });
  await until('the bell', 30, () => queues.health().connected);
  await allWatched(landscape);
  await until('the clusters to be looked at', 120, async () => {
    const { rows } = await pool.query('select count(*)::int as n from cluster where discovery is null');
    return rows[0].n === 0;
  });
  const numbers = clusterIds.map((_, number) => number);
  const firstFast = wellCount + illCount * turns.usual;
  for (const number of numbers.slice(firstFast)) {
    const { status, body } = await service.api.post(`/v1/clusters/${clusterIds[number]}/agent-token`, {});
    assert.equal(status, 201, JSON.stringify(body));
    await many.postEvents(number, { url: service.url, token: body.token, batchMs: 100 });
  }
  const well = clusterIds.slice(0, wellCount);
  const shifts = { usual: numbers.slice(wellCount, firstFast), ofOperator: numbers.slice(firstFast) };
  const next = ({ ofOperator = false }: Illness) => {
    const line = ofOperator ? shifts.ofOperator : shifts.usual;
    const chosen = line.splice(0, illCount);
    line.push(...chosen);
    return chosen;
  };

  /** Nobody has anything left to do. */
  const settled = async () => {
    for (let idleCount = 0; idleCount < 2; ) {
      const before = connector.cpu();
      await sleep(100);
      idleCount = connector.cpu() - before <= 0.02 ? idleCount + 1 : 0;
    }
    await pool.query('truncate operation, fire, event cascade');
  };
  const oweAndRing = async (clusters: readonly string[], toEach: number) => {
    await owe(pool, clusters, clusters.length * toEach);
    queues.doorbell.ring(clusters);
  };
  const delivered = (clusters: readonly string[]) =>
    until('all to be delivered', 60, async () => (await owedCount(pool, clusters)) === 0);
  const waitedSeconds = async () => {
    await delivered(well);
    const { rows } = await pool.query(
      `select extract(epoch from max(delivered_at) - min(created_at))::float8 as seconds, count(uid)::int as count
       from operation where cluster_id = any($1::uuid[]) and origin = 'request'`,
      [well],
    );
    assert.equal(rows[0].count, wellCount * owedToEach.well);
    return rows[0].seconds;
  };

  return {
    async aloneSeconds() {
      await settled();
      await oweAndRing(well, owedToEach.well);
      return await waitedSeconds();
    },
    async besideSeconds(illness) {
      const chosen = next(illness);
      const ill = clusterIds.filter((_, number) => chosen.includes(number));
      await until('the clusters to be well', 60, async () => (await watchedCount(pool, ill)) === ill.length);
      await settled();
      await oweAndRing(ill, owedToEach.ill);
      await delivered(ill);
      const since = Date.now();
      await many.strike(chosen, ...illness.ailments);
      try {
        if (illness.again) await pool.query(`update operation set owed = 'Apply', next_attempt_at = now()`);
        await oweAndRing(ill, owedToEach.ill);
        await until('the ill clusters to be called', 10, () => allAreCalled(pool, ill, since));
        await oweAndRing(well, owedToEach.well);
        const seconds = await waitedSeconds();
        // What a call has come to may be recorded a moment later.
        for (const number of chosen) {
          let signs: Signs | undefined;
          await until('the illness to show', 10, async () => {
            signs = await signsOf(landscape, number, since);
            return illness.shows(signs);
          }).catch((error: unknown) => assert.fail(`${String(error)}: ${JSON.stringify(signs)}`));
        }
        return seconds;
      } finally {
        await many.recover(chosen);
      }
    },
    close: () => closeAll(queues, connector, landscape),
  };
}

async function closeAll(queues: Queues, connector: MeasuredProcess, landscape: Landscape): Promise<void> {
  await queues.close(5_000);
  await connector.stop();
  await landscape.close();
}

async function allAreCalled(pool: Pool, clusters: readonly string[], since: number): Promise<boolean> {
  const { rows } = await pool.query(
    `select count(distinct cluster_id)::int as count from operation
     where cluster_id = any($1::uuid[]) and created_at >= $2 and (attempts > 0 or conditions <> '[]')`,
    [clusters, new Date(since)],
  );
  return rows[0].count === clusters.length;
}

async function signsOf({ many, pool, clusterIds }: Landscape, number: number, since: number): Promise<Signs> {
  const { rows } = await pool.query(
    `select name, uid, attempts, observed_version is not null as observed, created_at >= $2 as "isNew",
            (select c->>'message' from jsonb_array_elements(conditions) c where c->>'type' = 'Delivered' and c->>'status' <> 'True') as message
     from operation where cluster_id = $1 and origin = 'request'`,
    [clusterIds[number], new Date(since)],
  );
  const stated = await many.operations(number);
  const names = stated.map(({ name }) => name);
  return {
    requests: (await many.requests(number)).filter(({ at }) => at >= since),
    struckCount: await many.struckCount(number),
    owed: rows.filter((row) => row.isNew),
    stated,
    lostCount: rows.filter((row) => !row.isNew && !names.includes(row.name)).length,
  };
}
