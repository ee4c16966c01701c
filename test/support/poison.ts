/** Rows that break on purpose: what the database refuses for one row of a table, and takes for all others. */
import assert from 'node:assert/strict';
import { after, afterEach, beforeEach } from 'node:test';
import type { Pool } from 'pg';
import { fire } from '../../src/core/scheduling/fire.ts';
import { startApi } from '../api/harness.ts';
import { seedSchedules } from './seed.ts';

export interface Poison {
  /** The database refuses to write rows of the table whose column has this value, with an error of this code. */
  refuse(table: string, column: string, value: string, code: string): Promise<void>;
  /** It takes all rows again. */
  acceptAll(): Promise<void>;
  /** What is put aside: work, type, id or name, reason. */
  held(): Promise<readonly string[]>;
}

export function poisonOf(pool: Pool): Poison {
  const refused = new Set<string>();
  return {
    async refuse(table, column, value, code) {
      refused.add(table);
      await pool.query(`
        create or replace function refuse() returns trigger language plpgsql as $$
        begin raise exception 'refused on purpose' using errcode = tg_argv[0]; end $$;
        create trigger refuse before insert or update on ${table}
        for each row when (new.${column} = '${value}') execute function refuse('${code}')`);
    },
    async acceptAll() {
      for (const table of refused) await pool.query(`drop trigger if exists refuse on ${table}`);
      refused.clear();
    },
    async held() {
      const { rows } = await pool.query(
        `select work, resource_type, case when name = '' then resource_id::text else name end as which, reason from held_row order by 1, 2, 3`,
      );
      return rows.map((row) => `${row.work} ${row.resource_type} ${row.which} ${row.reason}`);
    },
  };
}

/** How many Operations there are. */
export const poisonedCount = 12;

export type PoisonScene = Awaited<ReturnType<typeof startPoisonScene>>;

/** One cluster with a dozen applications, each with a schedule that has made an Operation, which is still to be delivered. */
async function startPoisonScene() {
  const api = await startApi();
  const run = (sql: string, values: readonly unknown[] = []) => api.opened.pool.query(sql, [...values]);
  const rows = async (sql: string, values: readonly unknown[] = []) => (await run(sql, values)).rows;
  let operations: readonly { readonly id: string; readonly name: string; readonly namespace: string }[] = [];
  let cluster = { id: '', organizationId: '' };
  return {
    ...{ api, run, rows, poison: poisonOf(api.opened.pool) },
    async begin() {
      await run('truncate held_row, event, cluster cascade');
      await seedSchedules(api.opened.pool, { scheduleCount: poisonedCount, clusterCount: 1, schedule: '0 0 1 1 *' });
      await fire({ ...api.opened, doorbell: { ring() {} }, log: quiet });
      operations = await rows('select id, name, namespace from operation order by id');
      assert.equal(operations.length, poisonedCount);
      [cluster] = (await rows('select id, organization_id as "organizationId" from cluster')) as [typeof cluster];
    },
    operations: () => operations,
    cluster: () => cluster,
    /** The first Operation is the bad one. */
    split() {
      const [bad, ...healthy] = operations;
      assert.ok(bad !== undefined);
      return { bad, healthy };
    },
    close: () => api.close(),
  };
}

/** A scene for a whole test file, begun again before each test; all rows are taken again after it. */
export async function poisonedRows(): Promise<PoisonScene> {
  const scene = await startPoisonScene();
  beforeEach(() => scene.begin());
  afterEach(() => scene.poison.acceptAll());
  after(() => scene.close());
  return scene;
}

export const quiet = { info() {}, warn() {}, error() {}, debug() {} };

export const sortedIds = (of: readonly { readonly id: string }[]) => of.map(({ id }) => id).sort();

/** Operations of which a document has another shape: they cannot be read. */
export const strange = `update operation set conditions = '{"type": "no list"}' where id = $1`;
