/** An hourly schedule lives for days in a simulated cluster, hour by hour, while what has ended leaves it. */
import assert from 'node:assert/strict';
import { fire } from '../../src/core/scheduling/fire.ts';
import { namespace, startDelivering } from './delivering.ts';
import { keptLog } from './log.ts';

const hour = 3600;

export interface Lived {
  readonly firedCount: number;
  /** The most objects that the cluster had at the end of a day. */
  readonly mostObjects: number;
  /** How many copies were looked at while they lived, each day again. */
  readonly livingSeen: number;
}

/** Each day it makes sure that each copy which lives by the record is there, with the resource of its Operation. */
export async function liveHourly(days: number, ttl: string): Promise<Lived> {
  const scene = await startDelivering({ speed: 1 });
  try {
    const { api, cluster } = scene;
    const pass = async (seconds: number) => {
      scene.ahead(seconds);
      await cluster.advance(seconds * 1000);
    };
    const clock = { now: async () => scene.now() };
    const { pool } = api.opened;
    const { applicationInstanceId } = scene;
    await api.make('/v1/schedules', {
      name: 'hourly',
      applicationInstanceId,
      schedule: '30 * * * *',
      timeZone: 'UTC',
      ttl,
    });
    const lookAtOpen = async () => {
      const { rows } = await pool.query(`select name, namespace from operation where phase in ('Pending', 'Running')`);
      await scene.look(rows);
    };
    const objects = () => cluster.list('operations', namespace).map((object) => nameOf(object));
    let [firedCount, mostObjects, livingSeen] = [0, 0, 0];
    for (let day = 0; day < days; day += 1) {
      for (let each = 0; each < 24; each += 1) {
        await pass(hour - 120);
        await lookAtOpen();
        firedCount += (await fire({ ...api.opened, clock, doorbell: { ring() {} }, log: keptLog().log }))
          .operationCount;
        await scene.deliver();
        await pass(120);
        const { rows } = await pool.query(
          `select name, namespace from operation where phase in ('Pending', 'Running')`,
        );
        await scene.look(rows);
        await scene.tidy();
        await scene.deliver();
      }
      const there = new Set(objects());
      const copies = new Set(cluster.copies());
      const living = await pool.query('select name from operation where expires_at > $1', [scene.now()]);
      for (const { name } of living.rows)
        assert.ok(there.has(name) && copies.has(name), `${name} lives, on day ${day}`);
      livingSeen += living.rows.length;
      mostObjects = Math.max(mostObjects, there.size);
    }
    const byHand = await pool.query('select count(*)::int as count from operation where resource_gone_at is not null');
    assert.equal(byHand.rows[0].count, 0, 'nothing counts as deleted by hand');
    return { firedCount, mostObjects, livingSeen };
  } finally {
    await scene.close();
  }
}

function nameOf(object: unknown): string {
  return (object as { readonly metadata: { readonly name: string } }).metadata.name;
}
