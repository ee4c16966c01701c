/** A schedule lives for days in a simulated cluster, while what has ended leaves it. */
import assert from 'node:assert/strict';
import { fire } from '../../src/core/scheduling/fire.ts';
import { type Delivering, namespace, startDelivering } from './delivering.ts';
import { keptLog } from './log.ts';

const hour = 3600;
/** Longer than Velero takes for the backups of six hours, one after the other. */
const restSeconds = 900;
/** After that, what did not leave is tried again. */
const againSeconds = 301;
const maxTries = 10;

export interface Life {
  readonly days: number;
  readonly schedule: string;
  readonly ttl: string;
  /** The service comes to the cluster each so many hours, and then makes up for each slot that has passed. */
  readonly everyHours: number;
}

export interface Lived {
  readonly firedCount: number;
  /** Backups that have ended so in the record, as their cluster states. */
  readonly succeededCount: number;
  /** The most objects that the cluster had when it was looked at: each time that the service had come. */
  readonly mostObjects: number;
  /** How many copies were looked at while they lived, each time again. */
  readonly livingSeen: number;
}

/** Each time it makes sure that each copy which lives by the record is there, with the resource of its Operation. */
export async function liveOn({ days, schedule, ttl, everyHours }: Life): Promise<Lived> {
  const scene = await startDelivering({ speed: 1 });
  try {
    const { api, cluster, applicationInstanceId } = scene;
    const pass = async (seconds: number) => {
      scene.ahead(seconds);
      await cluster.advance(seconds * 1000);
    };
    const clock = { now: async () => scene.now() };
    const ports = { ...api.opened, clock, doorbell: { ring() {} }, log: keptLog().log };
    await api.make('/v1/schedules', {
      ...{ name: 'lives', applicationInstanceId, schedule, timeZone: 'UTC', ttl },
      ...{ missedFires: 'All', concurrencyPolicy: 'Allow' },
    });
    let [firedCount, mostObjects, livingSeen] = [0, 0, 0];
    for (let passed = 0; passed < days * 24; passed += everyHours) {
      await pass(everyHours * hour - restSeconds - 2 * againSeconds);
      firedCount += (await fire(ports)).operationCount;
      await scene.deliver();
      await pass(restSeconds);
      // On a busy machine a call may find no answer in its time: what it was for is tried again.
      for (let tries = 0; (await lookAtOpen(scene)) > 0 && tries < maxTries; tries += 1) {
        await scene.deliver();
        await pass(againSeconds);
      }
      // The operator may have looked again at what was to leave: its new version is recorded, and leaves after that.
      for (let round = 0; round < 2; round += 1) {
        await scene.tidy();
        await scene.deliver();
        await pass(againSeconds);
      }
      const { living, there } = await lookAtLiving(scene, `after ${passed} hours`);
      livingSeen += living;
      mostObjects = Math.max(mostObjects, there);
    }
    const { rows } = await api.opened.pool.query(
      `select count(*) filter (where resource_gone_at is not null)::int as gone,
              count(*) filter (where phase = 'Succeeded')::int as succeeded from operation`,
    );
    assert.equal(rows[0].gone, 0, 'nothing counts as deleted by hand');
    return { firedCount, succeededCount: rows[0].succeeded, mostObjects, livingSeen };
  } finally {
    await scene.close();
  }
}

/** Returns how many are open after it. */
async function lookAtOpen(scene: Delivering): Promise<number> {
  const open = async () =>
    (await scene.api.opened.pool.query(`select name, namespace from operation where phase in ('Pending', 'Running')`))
      .rows;
  await scene.look(await open());
  return (await open()).length;
}

async function lookAtLiving(
  scene: Delivering,
  when: string,
): Promise<{ readonly living: number; readonly there: number }> {
  const { cluster, api } = scene;
  const there = new Set(cluster.list('operations', namespace).map(nameOf));
  const copies = new Set(cluster.copies());
  const { rows } = await api.opened.pool.query('select name from operation where expires_at > $1', [scene.now()]);
  for (const { name } of rows) assert.ok(there.has(name) && copies.has(name), `${name} lives, ${when}`);
  return { living: rows.length, there: there.size };
}

function nameOf(object: unknown): string {
  return (object as { readonly metadata: { readonly name: string } }).metadata.name;
}
