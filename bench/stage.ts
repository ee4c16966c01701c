/**
 * What every contender finds: a migrated database with the same schedules, all due in the same second and none fired,
 * vacuumed and checkpointed; and what it must leave: an Operation, a fire and an event for each.
 */
import pg from 'pg';
import { seedSchedules } from '../test/support/seed.ts';

/** Schedules of a service share expressions: a dozen in four zones. */
const recurrences = [
  '0 2 * * *',
  '30 2 * * *',
  '0 3 * * *',
  '15 1 * * *',
  '0 4 * * 0',
  '0 4 1 * *',
  '45 23 * * 1-5',
  '0 */6 * * *',
  '20 0,12 * * *',
  '0 5 * * 6',
  '10 3 15 * *',
  '5 * * * *',
].flatMap((schedule) =>
  ['Etc/UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata'].map((timeZone) => ({ schedule, timeZone })),
);

export interface Stage {
  readonly url: string;
  readonly pool: pg.Pool;
  readonly fireCount: number;
  /** Makes the first `fireCount` schedules due now, and everything as if nothing had ever fired. */
  reset(): Promise<void>;
  /** Throws unless each of them has been fired once. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** Of `scheduleCount` schedules, `fireCount` are due; the others in years. */
export async function setStage(url: string, scheduleCount: number, fireCount: number): Promise<Stage> {
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  pool.on('error', () => {});
  await seedSchedules(pool, { scheduleCount, recurrences, nextFireAt: `now() + interval '10 years'` });
  const chosen = `id in (select id from schedule order by id limit ${fireCount})`;
  return {
    url,
    pool,
    fireCount,
    async reset() {
      await pool.query('truncate operation, fire, event cascade');
      await pool.query(
        `update schedule set next_fire_at = date_trunc('second', now()), next_slot_at = date_trunc('second', now()), last_fire_at = null, accounted_until = null where ${chosen}`,
      );
      await pool.query('vacuum (analyze) schedule');
      await pool.query('checkpoint');
    },
    async check() {
      const { rows } = await pool.query(
        `select (select count(*)::int from operation o join fire f on f.operation_id = o.id join event e on e.operation_id = o.id) as joined,
                (select count(*)::int from operation) as operations, (select count(*)::int from event) as events`,
      );
      const [{ joined, operations, events }] = rows;
      if (joined !== fireCount || operations !== fireCount || events !== fireCount)
        throw new Error(`not every schedule was fired once: ${JSON.stringify(rows)} of ${fireCount}`);
    },
    close: () => pool.end(),
  };
}
