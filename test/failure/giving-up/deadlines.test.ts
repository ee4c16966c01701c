/** Nothing waits for ever: each deadline of ours ends what is past it, says why, and takes the cluster's later word. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { decideDelivery } from '../../../src/core/delivery/rules/decide-delivery.ts';
import { observe } from '../../../src/core/operations/rules/observed/observe.ts';
import { pastDeadline } from '../../../src/postgres/operations/deadlines.ts';
import { type Delivering, namespace, startDelivering } from '../../support/delivering.ts';
import { until } from '../../support/until.ts';

describe('deadlines', () => {
  let scene: Delivering;
  before(async () => {
    scene = await startDelivering({ speed: 100 });
  });
  beforeEach(async () => {
    scene.cluster.clearFaults();
    await scene.api.opened.pool.query(`update operation set phase = 'Cancelled', owed = null, next_attempt_at = null`);
  });
  after(() => scene.close());

  const failedReason = async (id: string) =>
    (await scene.find(id)).conditions.find(({ type, status }) => type === 'Failed' && status === 'True');

  test('what was not delivered in time fails with the last reason, is told once, and is never delivered', async () => {
    const operation = await scene.ask({ deliveryDeadlineSeconds: 60 });
    scene.cluster.inject({ kind: 'deny', message: 'conflicting Operation "r" (Restore) is in flight for target "t"' });
    await scene.deliver();
    assert.equal((await scene.find(operation.id)).phase, 'Pending');
    const waiting = (await scene.find(operation.id)).conditions.find(({ type }) => type === 'Delivered');
    assert.equal(waiting?.reason, 'ConflictingOperation');
    scene.ahead(61);
    scene.cluster.clearFaults();
    await scene.deliver();
    assert.equal(scene.cluster.get('operations', namespace, operation.name), undefined);
    assert.equal(await scene.expire(), 1);
    assert.equal(await scene.expire(), 0);
    const failed = await failedReason(operation.id);
    assert.equal(failed?.reason, 'DeadlineExceeded');
    assert.match(failed?.message ?? '', /ConflictingOperation: .*conflicting Operation "r" \(Restore\) is in flight/);
    assert.equal((await scene.told(operation.id)).filter((reason) => reason === 'DeadlineExceeded').length, 1);
    await scene.deliver();
    assert.equal(scene.cluster.get('operations', namespace, operation.name), undefined);
  });

  test('a conflict that goes away in time is delivered', async () => {
    const operation = await scene.ask();
    scene.cluster.inject({ kind: 'deny', count: 1, message: 'conflicting Operation "r" (Restore) is in flight' });
    await scene.deliver();
    scene.ahead(61);
    await scene.deliver();
    const { uid, conditions } = await scene.find(operation.id);
    assert.ok(uid !== undefined);
    assert.equal(conditions.find(({ type }) => type === 'Delivered')?.status, 'True');
  });

  test('a refusal does not fail what an earlier call without an answer has brought into the cluster', async () => {
    const operation = await scene.ask();
    scene.cluster.inject({ kind: 'cutAfterCommit', count: 1 });
    await scene.deliver();
    assert.equal((await scene.find(operation.id)).uid, undefined);
    scene.cluster.inject({ kind: 'deny', message: 'no more backups today' });
    scene.ahead(61);
    await scene.deliver();
    const found = await scene.find(operation.id);
    assert.ok(found.uid !== undefined && found.deliveredAt !== undefined, 'it was looked for');
    assert.notEqual(found.phase, 'Failed');
    scene.cluster.clearFaults();
    const other = await scene.ask();
    scene.cluster.inject({ kind: 'deny', message: 'no more backups today' });
    await scene.deliver();
    assert.equal((await scene.find(other.id)).phase, 'Failed');
  });

  test('an answer is recorded under its own lease only, and not once the Operation has ended meanwhile', async () => {
    const { deliveries, pool } = scene.api.opened;
    const [lost, ended, held] = [await scene.ask(), await scene.ask(), await scene.ask()];
    const claims = await deliveries.claim(scene.clusterId, scene.now(), 10, 60);
    const ofThese = claims.filter(({ operation }) => [lost, ended, held].some(({ id }) => id === operation.id));
    assert.equal(ofThese.length, 3);
    await scene.set(lost.id, 'lease_id = gen_random_uuid()');
    const { name, namespace: place } = ended;
    const seen = { name, namespace: place, uid: 'u', operationId: ended.id, deleted: false, source: 'Listed' } as const;
    await scene.api.opened.observations.ingest(
      scene.clusterId,
      [{ ...seen, status: { phase: 'Succeeded' } }],
      (known, observation) => observe(known, observation, scene.now()),
    );
    const before = await pool.query('select * from operation where id = any($1) order by id', [[lost.id, ended.id]]);
    const refusal = { kind: 'Refused', status: 403, reason: 'AdmissionRejected', message: 'no' } as const;
    const recorded = await deliveries.record(
      ofThese.map((claim) => ({ claim, answer: refusal })),
      (attempt, answer) => decideDelivery(attempt, answer, scene.now(), 0.5),
      scene.now(),
    );
    assert.equal(recorded, 1);
    const { rows } = await pool.query('select * from operation where id = any($1) order by id', [[lost.id, ended.id]]);
    assert.deepEqual(rows, before.rows);
    assert.deepEqual([(await scene.find(ended.id)).phase, (await scene.find(held.id)).phase], ['Succeeded', 'Failed']);
    assert.deepEqual(
      (await scene.told(lost.id)).filter((reason) => reason === 'DeliveryRefused'),
      [],
    );
  });

  test('what a cluster states of a name in one namespace says nothing of the same name in another', async () => {
    const operation = await scene.ask({ name: 'same-name' });
    await scene.deliver();
    const { uid } = await scene.find(operation.id);
    const elsewhere = { name: 'same-name', namespace: 'org-elsewhere', deleted: false, source: 'Listed' } as const;
    const about = { uid: uid ?? '', operationId: operation.id, status: { phase: 'Failed' } } as const;
    const { changedCount, unmatched } = await scene.api.opened.observations.ingest(
      scene.clusterId,
      [{ ...elsewhere, ...about }],
      (known, observation) => observe(known, observation, scene.now()),
    );
    assert.deepEqual([changedCount, unmatched.length], [0, 1]);
    assert.equal((await scene.find(operation.id)).phase, 'Pending');
  });

  test('credentials that are refused for a while burn nothing', async () => {
    const operation = await scene.ask();
    scene.cluster.inject({ kind: 'error', code: 401, verbs: ['patch'] });
    for (let round = 0; round < 5; round += 1) {
      await scene.deliver();
      scene.ahead(61);
    }
    const { rows } = await scene.api.opened.pool.query('select attempts, unanswered from operation where id = $1', [
      operation.id,
    ]);
    assert.deepEqual(rows, [{ attempts: 0, unanswered: 0 }]);
    scene.cluster.clearFaults();
    await scene.deliver();
    assert.ok((await scene.find(operation.id)).uid !== undefined);
  });

  test('what stays Pending is withdrawn, and fails with what the cluster says of it once it is gone', async () => {
    const hung = await scene.ask();
    scene.hang(hung);
    await scene.deliver();
    const operation = await scene.ask();
    await scene.deliver();
    const blocked =
      '[{"type":"Blocked","status":"True","reason":"AwaitingApproval","message":"an approval claim is required","lastTransitionTime":"2026-05-28T10:00:00Z"}]';
    await scene.set(operation.id, `conditions = '${blocked}'`);
    scene.ahead(1799);
    assert.equal(await scene.expire(), 0);
    scene.ahead(2);
    assert.equal(await scene.expire(), 2, 'and the one that runs, of which nobody here has heard yet');
    assert.equal((await scene.find(operation.id)).phase, 'Pending');
    await until('it is withdrawn', 20, async () => {
      scene.ahead(20);
      await scene.deliver();
      return (await scene.find(operation.id)).phase === 'Failed';
    });
    const failed = await failedReason(operation.id);
    assert.equal(failed?.reason, 'PendingTimeout');
    assert.match(
      failed?.message ?? '',
      /since .* longer than 30 min .*Blocked=True: AwaitingApproval: an approval claim is required.*could not be watched/,
    );
    assert.equal(scene.cluster.get('operations', namespace, operation.name), undefined);
    await scene.cancel(hung.id);
    await scene.deliver();
    await until('the queue is free', 20, () => scene.cluster.get('operations', namespace, hung.name) === undefined);
  });

  test('a backup that succeeds after its deadline is flagged, and its copy can be found', async () => {
    const operation = await scene.ask({ ttl: '720h' });
    await scene.deliver();
    await scene.set(operation.id, `phase = 'Running', started_at = delivered_at`);
    scene.ahead(14_401);
    assert.equal(await scene.expire(), 1);
    assert.equal((await failedReason(operation.id))?.reason, 'RunningTimeout');
    await until('the backup ends in the cluster', 20, () => scene.phaseInCluster(operation) === 'Succeeded');
    await scene.look([operation]);
    await scene.look([operation]);
    const late = await scene.find(operation.id);
    assert.deepEqual([late.phase, late.contradiction?.phase], ['Failed', 'Succeeded']);
    assert.equal((await scene.told(operation.id)).filter((reason) => reason === 'Contradicted').length, 1);
    const copy = await scene.api.call('GET', `/v1/recovery-points/${operation.id}`);
    assert.equal(copy.status, 200, copy.text);
    assert.deepEqual([copy.body.backupName, copy.body.finishedAt], [operation.name, late.contradiction?.at]);
    const { items } = (await scene.api.call('GET', '/v1/recovery-points')).body;
    assert.deepEqual(
      items.map(({ operationId }: { operationId: string }) => operationId),
      [operation.id],
    );
  });

  test('what others made in the cluster has no deadline of ours', async () => {
    const operation = await scene.ask();
    await scene.deliver();
    await scene.set(operation.id, `phase = 'Running', origin = 'cluster'`);
    scene.ahead(30 * 86_400);
    await scene.expire();
    assert.equal((await scene.find(operation.id)).phase, 'Running');
  });

  test('a look costs no more for 20,000 Operations of the past', async () => {
    const { pool } = scene.api.opened;
    const copied = (await pool.query('select * from operation limit 1')).fields
      .map(({ name }) => name)
      .filter((name) => name !== 'id' && name !== 'name' && name !== 'phase');
    await pool.query(
      `insert into operation (id, name, phase, ${copied}) select gen_random_uuid(), 'past-' || n, 'Succeeded', ${copied.map((name) => `o.${name}`)}
       from (select * from operation limit 1) o, generate_series(1, 20000) n`,
    );
    await pool.query('analyze operation');
    const { rows } = await pool.query(`explain (analyze, format json) ${pastDeadline}`, [scene.now(), 500, null]);
    const [{ Plan: plan }] = rows[0]['QUERY PLAN'];
    assert.doesNotMatch(JSON.stringify(plan), /"Node Type":"Seq Scan"[^}]*"Relation Name":"operation"/);
  });
});
