import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { recordProtection } from '../../src/core/protection/record-protection.ts';
import { factsWhere } from '../../src/postgres/protection/facts.ts';
import { seedSchedules } from '../support/seed.ts';
import { assertProblem, startApi, type TestApi } from './harness.ts';
import { backup, type Scene, setScene, succeeded } from './scene.ts';

const quiet = { info() {}, warn() {}, error() {}, debug() {} };
const start = Date.parse('2026-05-28T10:00:00.000Z');
const at = (minutes: number) => new Date(start + minutes * 60_000).toISOString();

describe('protection', () => {
  let api: TestApi;
  let scene: Scene;
  let now = at(0);
  const clock = { now: async () => now };
  before(async () => {
    api = await startApi({ clock });
    scene = await setScene(api);
  });
  after(() => api.close());

  const look = () => recordProtection({ protections: api.opened.protections, clock, log: quiet });
  const of = async (id = scene.applicationInstanceId) =>
    (await api.call('GET', `/v1/application-instances/${id}/protection`)).body;
  const judged = async () => {
    const { status, reason } = await of();
    return [status, reason];
  };
  const told = async () => {
    const { body } = await api.call(
      'GET',
      `/v1/application-instances/${scene.applicationInstanceId}/events?orderBy=at`,
    );
    return body.items
      .filter(({ reason }: { reason: string }) => /Protected|AtRisk|Breached|Unprotected|Expiring/.test(reason))
      .map(({ type, reason }: { type: string; reason: string }) => `${type} ${reason}`);
  };
  const copyAt = (minutes: number, more: object = {}) =>
    succeeded(api, scene, { startedAt: at(minutes), expiresAt: at(minutes + 1440), ...more });

  test('an application goes from unprotected to protected, at risk, breached and back, and each is told once', async () => {
    const patched = await api.call('PATCH', `/v1/application-classes/${scene.applicationClassId}`, {
      body: { recoveryPointTargetSeconds: 3600 },
    });
    assert.equal(patched.body.recoveryPointTargetSeconds, 3600);
    await look();
    assert.deepEqual([await judged(), await told()], [['Unprotected', 'NoSchedule'], []]);

    const { id } = await api.make('/v1/schedules', {
      applicationInstanceId: scene.applicationInstanceId,
      name: 'often',
      schedule: '*/30 * * * *',
    });
    await api.opened.pool.query('update schedule set created_at = $2, next_fire_at = $3 where id = $1', [
      id,
      at(0),
      at(30),
    ]);
    now = at(1);
    await look();
    assert.deepEqual(await judged(), ['AtRisk', 'AwaitingFirstCopy']);

    const good = await copyAt(2);
    now = at(10);
    await look();
    await look();
    const protection = await of();
    assert.deepEqual([protection.status, protection.since, protection.nextFireAt], ['Protected', at(10), at(30)]);
    assert.deepEqual(
      [
        protection.lastGoodCopy.operationId,
        protection.lastAttempt.operationId,
        protection.recoveryPointAgeSeconds,
        protection.breachesAt,
      ],
      [good, good, 480, at(62)],
    );

    now = at(51);
    await look();
    assert.deepEqual(await judged(), ['AtRisk', 'RecoveryPointAgeing']);
    now = at(63);
    await look();
    assert.deepEqual(await judged(), ['Breached', 'RecoveryPointTooOld']);
    await api.opened.pool.query('update schedule set next_fire_at = $2 where id = $1', [id, at(90)]);
    await copyAt(61);
    now = at(66);
    await look();
    assert.deepEqual(await told(), [
      'Normal AtRisk',
      'Normal Protected',
      'Warning AtRisk',
      'Warning Breached',
      'Normal Protected',
    ]);
  });

  test('a failed and a partial attempt put it at risk, one in flight that is too long as well', async () => {
    const failed = await copyAt(64, { set: `phase = 'Failed', expires_at = null` });
    assert.deepEqual(await judged(), ['AtRisk', 'LastAttemptFailed']);
    assert.equal((await of()).lastAttempt.operationId, failed);
    const degraded = JSON.stringify([
      { type: 'Degraded', status: 'True', reason: 'x', message: '', lastTransitionTime: now },
    ]);
    const partial = await copyAt(64, { set: `conditions = '${degraded}'` });
    assert.deepEqual(await judged(), ['AtRisk', 'LastAttemptPartial']);
    assert.equal((await of()).lastAttempt.partial, true);
    await api.opened.pool.query('delete from operation where id = any($1)', [[failed, partial]]);
    const { operation } = await api.make('/v1/operations', backup(scene));
    await api.opened.pool.query(`update operation set phase = 'Running', started_at = $2 where id = $1`, [
      operation.id,
      at(62),
    ]);
    assert.deepEqual(await judged(), ['Protected', 'WithinTarget']);
    now = at(93);
    assert.deepEqual(await judged(), ['AtRisk', 'RunTooLong']);
    await api.opened.pool.query('delete from operation where id = $1', [operation.id]);
    now = at(66);
  });

  test('what suspends the cluster or the organization suspends its schedules', async () => {
    for (const table of ['cluster', 'organization']) {
      await api.opened.pool.query(`update ${table} set suspend = true`);
      assert.deepEqual(await judged(), ['AtRisk', 'NoNextFire'], table);
      await api.opened.pool.query(`update ${table} set suspend = false`);
      assert.deepEqual(await judged(), ['Protected', 'WithinTarget'], table);
    }
  });

  test('that the last good copy is about to expire is told once a copy', async () => {
    const before = await told();
    const short = await copyAt(65, { expiresAt: at(85) });
    await look();
    for (now of [at(79), at(81), at(82), at(84)]) await look();
    assert.deepEqual((await told()).slice(before.length), ['Warning AtRisk', 'Warning RecoveryPointExpiring']);
    const history = (await api.call('GET', `/v1/operations/${short}/events`)).body.items;
    assert.equal(history.at(-1).reason, 'RecoveryPointExpiring');
    await copyAt(80, { expiresAt: at(101) });
    for (now of [at(86), at(96), at(97)]) await look();
    assert.deepEqual((await told()).slice(before.length + 2), [
      'Normal Protected',
      'Warning AtRisk',
      'Warning RecoveryPointExpiring',
    ]);
    now = at(97);
  });

  test('many replicas that look at once tell a change once', async () => {
    const before = await told();
    now = at(2000);
    const { protections } = api.opened;
    const all = Promise.withResolvers<void>();
    let readCount = 0;
    // Nobody tells before all have read.
    const read: typeof protections.read = async (...page) => {
      const known = await protections.read(...page);
      readCount += 1;
      if (readCount === 8) all.resolve();
      await all.promise;
      return known;
    };
    const racing = { protections: { ...protections, read }, clock, log: quiet };
    const counts = await Promise.all(Array.from({ length: 8 }, () => recordProtection(racing)));
    assert.equal(
      counts.reduce((sum, count) => sum + count, 0),
      1,
    );
    assert.deepEqual((await told()).slice(before.length), ['Warning Breached']);
  });

  test('the list has the worst first, by pages, narrowed by status, cluster and class', async () => {
    const made: string[] = [];
    for (let n = 0; n < 4; n += 1) {
      const { clusterId, applicationClassId } = scene;
      const body = { clusterId, applicationClassId, namespace: 'org-myteam', name: `more-${n}` };
      made.push((await api.make('/v1/application-instances', body)).id);
    }
    await look();
    const statuses: string[] = [];
    const ids = new Set<string>();
    for (let cursor = ''; ; ) {
      const { body } = await api.call('GET', `/v1/protection?limit=2${cursor}`);
      for (const item of body.items) {
        statuses.push(item.status);
        ids.add(item.applicationInstanceId);
      }
      if (body.nextCursor === undefined) break;
      cursor = `&cursor=${body.nextCursor}`;
    }
    assert.deepEqual(statuses, [...Array(4).fill('Unprotected'), 'Breached']);
    assert.deepEqual(ids, new Set([...made, scene.applicationInstanceId]));
    const count = async (query: string, key = api.adminKey) =>
      (await api.call('GET', `/v1/protection?${query}`, { key })).body.items.length;
    assert.equal(await count('status=Breached'), 1);
    assert.equal(await count('status=Protected'), 0);
    assert.equal(await count(`clusterId=${scene.clusterId}&applicationClassId=${scene.applicationClassId}`), 5);
    assert.equal(await count(`clusterId=${made[0]}`), 0);
    assert.equal(await count('', api.otherKey), 0);
    const forged = Buffer.from(JSON.stringify(['-severity', '1:x'])).toString('base64url');
    assertProblem(await api.call('GET', `/v1/protection?cursor=${forged}`), 400, 'invalid-request');
    await copyAt(1999);
    assert.equal(await count('status=Breached'), 0, 'it has another status by now');
    assert.equal((await api.call('DELETE', `/v1/application-instances/${made[0]}`)).status, 204);
    await look();
  });

  test("a class's target is set, kept by other changes, and taken back", async () => {
    const made = await api.make('/v1/application-classes', { name: 'gitlab', recoveryPointTargetSeconds: 7200 });
    const path = `/v1/application-classes/${made.id}`;
    const change = async (body: object) => (await api.call('PATCH', path, { body })).body.recoveryPointTargetSeconds;
    assert.equal(made.recoveryPointTargetSeconds, 7200);
    assert.equal(await change({ displayName: 'GitLab' }), 7200);
    assert.equal(await change({ recoveryPointTargetSeconds: null }), undefined);
    assert.equal((await api.call('GET', path)).body.recoveryPointTargetSeconds, undefined);
    assertProblem(await api.call('PATCH', path, { body: { recoveryPointTargetSeconds: 59 } }), 422, 'rule-violated');
  });

  test('a look at 1,000 applications with a long history each reads heads of indexes, whatever lies behind them', async () => {
    const { pool } = api.opened;
    await seedSchedules(pool, { scheduleCount: 1000 });
    await pool.query(
      `insert into operation (id, organization_id, cluster_id, application_instance_id, name, namespace, target, type, engine, parameters, ttl,
                              origin, requested_by, phase, conditions, outputs, warnings, created_at, finished_at, expires_at, revision)
       select gen_random_uuid(), organization_id, cluster_id, id, name || '-' || n, namespace, name, 'Backup', 'velero', '{}', '24h',
              'request', 'seed', 'Succeeded', '[]', '{}', '[]', $1::timestamptz - n * interval '1 hour', $1, $1::timestamptz + (12 - n) * interval '1 hour', 1
       from application_instance i, generate_series(1, 30) n where name like 'app-%'`,
      [now],
    );
    await pool.query('analyze');
    assert.equal(await look(), 1000);
    assert.equal(await look(), 0);
    const text = `${factsWhere('i.id > $2::uuid')} order by i.id limit 500`;
    const { rows } = await pool.query(`explain (analyze, format json) ${text}`, [now, scene.applicationInstanceId]);
    const [{ Plan: plan }] = rows[0]['QUERY PLAN'];
    const scans = JSON.stringify(plan).match(/"Seq Scan"[^{}]*"Relation Name":"[a-z_]+"/g) ?? [];
    assert.ok(!scans.some((scan) => /operation|schedule/.test(scan)), scans.join('\n'));
    const read = rowsRead(plan);
    assert.ok(read <= 500 * 60, `${read} rows were read for 500 applications`);
  });
});

interface PlanNode {
  readonly Plans?: readonly PlanNode[];
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
}

/** The rows that the leaves of a plan have read: what a look costs, on any machine. */
function rowsRead(node: PlanNode): number {
  const { Plans: plans = [] } = node;
  if (plans.length > 0) return plans.reduce((sum, each) => sum + rowsRead(each), 0);
  return (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops'];
}
