/**
 * What has ended leaves its cluster in its time: Restores soon, and not while a Backup of their application runs;
 * Backups once their copies have expired, and never while they live.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Operation } from '../../src/core/operations/rules/operation.ts';
import { dueToTidy } from '../../src/postgres/tidying/tidying.ts';
import { type Delivering, namespace, startDelivering } from '../support/delivering.ts';
import { freeObject } from '../support/kubernetes/free-object.ts';
import { liveOn } from '../support/life-on-schedule.ts';
import { until } from '../support/until.ts';

const day = 86_400;

describe('what has ended leaves its cluster', () => {
  let scene: Delivering;
  before(async () => {
    scene = await startDelivering({ speed: 500 });
  });
  after(() => scene.close());

  const isThere = ({ name }: Operation) => scene.cluster.get('operations', namespace, name) !== undefined;
  const ended = (operation: Operation, phase = 'Succeeded') =>
    until(`${operation.name} to be ${phase}`, 20, async () => {
      await scene.look([operation]);
      return (await scene.find(operation.id)).phase === phase ? scene.find(operation.id) : undefined;
    });
  const done = async (more: object = {}): Promise<Operation> => {
    const operation = await scene.ask(more);
    await scene.deliver();
    return ended(operation);
  };
  const restored = async () => {
    const { name } = await done();
    return done({ type: 'Restore', parameters: { backupName: name } });
  };
  const pass = (seconds: number) => scene.ahead(seconds);
  /** A round, and its deletions until the cluster has answered that they are done. */
  const tidy = async () => {
    const count = await scene.tidy();
    await scene.deliver();
    pass(21);
    await scene.deliver();
    return count;
  };
  const condition = async ({ id }: Operation) =>
    (await scene.find(id)).conditions.find(({ type }) => type === 'Tidied');
  const isListed = async ({ id }: Operation) =>
    (await scene.api.call('GET', `/v1/recovery-points/${id}`)).status === 200;

  test('a Restore leaves some minutes after its end, told as ours, and its copy stays', async () => {
    const restore = await restored();
    await tidy();
    assert.ok(isThere(restore), 'not at once');
    pass(300);
    assert.ok((await tidy()) >= 1);
    assert.ok(!isThere(restore));
    const { phase, resourceLeftAt, resourceGoneAt } = await scene.find(restore.id);
    assert.deepEqual([phase, resourceLeftAt !== undefined, resourceGoneAt], ['Succeeded', true, undefined]);
    assert.deepEqual(
      [(await condition(restore))?.status, (await condition(restore))?.reason],
      ['True', 'RestoreEnded'],
    );
    assert.equal((await scene.told(restore.id)).filter((reason) => reason === 'Tidied').length, 1);
    assert.equal(await tidy(), 0, 'once');
  });

  test('a Restore stays while a Backup of its application runs, quietly, and leaves after it', async () => {
    const restore = await restored();
    const running = await scene.ask();
    scene.hang(running);
    await scene.deliver();
    await ended(running, 'Running');
    const toldBefore = (await scene.told(restore.id)).length;
    for (const seconds of [300, 61, 61]) {
      pass(seconds);
      assert.equal(await tidy(), 0);
    }
    assert.ok(isThere(restore));
    assert.equal((await scene.told(restore.id)).length, toldBefore);
    await scene.cancel(running.id);
    await scene.deliver();
    await until('the Backup to be gone', 20, async () => {
      pass(21);
      await scene.deliver();
      return (await scene.find(running.id)).phase === 'Cancelled';
    });
    pass(61);
    assert.equal(await tidy(), 1);
    assert.ok(!isThere(restore));
  });

  test('a Restore stays that has changed since it was recorded, or that the rules have kept meanwhile', async () => {
    const restore = await restored();
    pass(300);
    assert.equal(await scene.tidy(), 1);
    await scene.api.opened.pool.query('update cluster set tidy = false');
    await scene.deliver();
    assert.ok(isThere(restore), 'a person has stopped it');
    assert.equal(await condition(restore), undefined);
    await scene.api.opened.pool.query('update cluster set tidy = true');
    const object = freeObject(scene.cluster, 'operations', namespace, restore.name);
    pass(600);
    assert.equal(await scene.tidy(), 1);
    scene.cluster.put('operations', { ...object, metadata: { ...object.metadata, labels: { a: 'b' } } });
    await scene.deliver();
    assert.ok(isThere(restore), 'it was seen and recorded first');
    pass(300);
    await tidy();
    assert.ok(!isThere(restore));
  });

  test('a Restore stays that changes between the look and its deletion', async () => {
    const restore = await restored();
    pass(300);
    assert.equal(await scene.tidy(), 1);
    const { clusterApi } = scene.api.ports;
    let tries = 0;
    const remove: typeof clusterApi.remove = async (target, resource) => {
      tries += 1;
      const object = freeObject(scene.cluster, 'operations', namespace, restore.name);
      scene.cluster.put('operations', { ...object, metadata: { ...object.metadata, labels: { a: `${tries}` } } });
      return clusterApi.remove(target, resource);
    };
    await scene.deliver({ clusterApi: { ...clusterApi, remove } });
    assert.deepEqual([tries, isThere(restore)], [1, true], 'seen again, it is not what is recorded');
    pass(300);
    await tidy();
    assert.ok(!isThere(restore));
  });

  test('a Backup leaves 48 hours after its copy has expired, and one whose copy lives never', async () => {
    const [short, long] = [await done({ ttl: '24h' }), await done({ ttl: '720h' })];
    for (const passed of [day, day, day - 3600]) {
      pass(passed);
      await tidy();
      assert.ok(isThere(short) && isThere(long));
    }
    assert.ok(!(await isListed(short)));
    pass(2 * 3600);
    await tidy();
    assert.ok(!isThere(short) && isThere(long));
    assert.equal((await condition(short))?.reason, 'CopyExpired');
    const { resourceGoneAt } = await scene.find(short.id);
    assert.equal(resourceGoneAt, undefined, 'nobody deleted it by hand');
    assert.ok(await isListed(long));
  });

  test('what others made is left, whatever its age', async () => {
    const theirs = await done();
    await scene.set(theirs.id, `origin = 'cluster', foreign_uid = uid, expires_at = now() - interval '1 year'`);
    pass(400 * day);
    await tidy();
    assert.ok(isThere(theirs));
  });

  test('what the cluster refuses to delete is a finding after an hour, and no event', async () => {
    const restore = await restored();
    pass(300);
    scene.cluster.inject({ kind: 'error', code: 403, message: 'no', verbs: ['delete'] });
    await tidy();
    const findings = async () => {
      const { body } = await scene.api.call('GET', '/v1/watchdog');
      return body.findings
        .filter(({ resourceId }: { resourceId: string }) => resourceId === restore.id)
        .map(({ kind }: { kind: string }) => kind);
    };
    assert.ok(isThere(restore));
    assert.ok(!(await scene.told(restore.id)).includes('DeliveryRetried'));
    assert.deepEqual(await findings(), []);
    pass(3601);
    assert.deepEqual(await findings(), ['TidyingNotDone']);
    scene.cluster.clearFaults();
    await tidy();
    assert.ok(!isThere(restore));
    assert.deepEqual(await findings(), []);
  });

  test('a look costs no more for 20,000 Operations of the past', async () => {
    const { pool } = scene.api.opened;
    const copied = (await pool.query('select * from operation limit 1')).fields
      .map(({ name }) => name)
      .filter((name) => !['id', 'name', 'phase', 'tidy_at', 'uid', 'finished_at', 'type'].includes(name));
    await pool.query(
      `insert into operation (id, name, phase, tidy_at, uid, finished_at, type, ${copied})
       select gen_random_uuid(), 'past-' || n, 'Succeeded', now() + interval '10 years', 'u', now(), 'Backup', ${copied.map((name) => `o.${name}`)}
       from (select * from operation limit 1) o, generate_series(1, 20000) n`,
    );
    await pool.query('analyze operation');
    const { rows } = await pool.query(`explain (analyze, format json) ${dueToTidy}`, [
      scene.now(),
      500,
      null,
      'Backup',
    ]);
    const plan = JSON.stringify(rows[0]['QUERY PLAN'][0].Plan);
    assert.match(plan, /operation_tidy/);
    assert.doesNotMatch(plan, /"Node Type":"Seq Scan"[^}]*"Relation Name":"operation"/);
  });
});

test('days of an hourly schedule leave few objects, and touch no copy that lives', async () => {
  const life = { days: 4, schedule: '30 * * * *', ttl: '7h', everyHours: 6 };
  const { firedCount, succeededCount, mostObjects, livingSeen } = await liveOn(life);
  assert.ok(firedCount >= 4 * 24 - 1 && succeededCount === firedCount, `${firedCount} fires, ${succeededCount} copies`);
  assert.ok(mostObjects <= 48 + 7 + 2 * 6, `${mostObjects} objects`);
  assert.ok(livingSeen >= 4 * 4 * 7 - 7, `${livingSeen} looks`);
});
