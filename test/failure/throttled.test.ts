/** What a cluster that says when to come back is sent until then: nothing, and then one call before the rest. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { checkDueClusters } from '../../src/core/clusters/check.ts';
import { parallelCalls } from '../../src/core/delivery/deliver.ts';
import { clusterApi } from '../../src/kubernetes/cluster-api.ts';
import { type Delivering, namespace, startDelivering } from '../support/delivering.ts';
import { keptLog } from '../support/log.ts';
import { loopbackAllowed } from '../support/loopback.ts';

describe('a cluster that throttles', () => {
  let scene: Delivering;
  beforeEach(async () => {
    scene = await startDelivering();
  });
  afterEach(() => scene.close());
  const callsOf = (...verbs: readonly string[]) =>
    scene.cluster.requests.log.filter(({ verb, resource }) => verbs.includes(verb) && resource === 'operations').length;
  const sent = () => callsOf('patch');
  const throttledUntil = async (): Promise<string | undefined> =>
    (await scene.api.call('GET', `/v1/clusters/${scene.clusterId}`)).body.throttledUntil;
  const ask = async (count: number) => {
    const asked = [];
    for (let n = 0; n < count; n += 1) asked.push(await scene.ask());
    return asked;
  };

  test('is left alone until Retry-After, is asked with one call then, and gets all when it has room again', async () => {
    const asked = await ask(20);
    const throttled = scene.cluster.inject({ kind: 'throttle', retryAfterSeconds: 30, verbs: ['patch'] });
    await scene.deliver();
    const first = sent();
    assert.ok(first > 0 && first <= parallelCalls, `${first} calls`);
    for (const { id } of asked) {
      const { conditions, phase } = await scene.find(id);
      assert.deepEqual([phase, conditions.find(({ type }) => type === 'Delivered')?.reason], ['Pending', 'Throttled']);
    }
    scene.ahead(25);
    await scene.deliver();
    assert.equal(sent(), first);
    scene.ahead(10);
    await scene.deliver();
    assert.equal(sent(), first + 1);

    throttled.clear();
    scene.ahead(35);
    await scene.deliver();
    assert.equal(sent(), first + 1 + asked.length);
    assert.equal(scene.cluster.list('operations', namespace).length, asked.length);
    assert.equal(await throttledUntil(), undefined);
  });

  for (const fault of [
    { kind: 'throttle', retryAfterSeconds: 30 },
    { kind: 'error', code: 503, retryAfterSeconds: 30 },
  ] as const) {
    const said = fault.kind === 'throttle' ? '429' : '503';

    test(`is called by nobody after a ${said} with Retry-After: neither for what is asked then, nor to cancel, nor to look`, async () => {
      const running = await scene.ask();
      await scene.deliver();
      await ask(1);
      const busy = scene.cluster.inject({ ...fault, count: 1, verbs: ['patch'] });
      await scene.deliver();
      busy.clear();
      const until = Date.parse((await throttledUntil()) ?? '') - Date.parse(scene.now());
      assert.ok(until > 20_000 && until <= 30_000, `${until} ms are left`);
      const before = scene.cluster.requests.log.length;

      const late = await scene.ask();
      const more = await scene.api.call('POST', '/v1/operations?dryRun=true', {
        body: { applicationInstanceId: scene.applicationInstanceId, type: 'Backup' },
      });
      assert.match(more.body.warnings.join(), /asked for a pause until .*delivers it then/);
      assert.equal((await scene.cancel(running.id)).status, 200);
      assert.deepEqual(await scene.api.opened.deliveries.dueClusters(scene.now()), []);
      // Each activation is a stranger to the one before, as another replica or one that was started anew.
      for (let n = 0; n < 3; n += 1) await scene.deliver();
      await look();
      assert.equal(scene.cluster.requests.log.length, before);
      assert.deepEqual((await scene.find(late.id)).conditions, []);

      scene.ahead(31);
      assert.deepEqual(await scene.api.opened.deliveries.dueClusters(scene.now()), [scene.clusterId]);
      await scene.deliver();
      assert.ok(callsOf('get') > 0, 'the one to be cancelled is looked for');
      assert.ok(scene.phaseInCluster(late) !== undefined);
      assert.equal(await throttledUntil(), undefined);
      const after = scene.cluster.requests.log.length;
      await look();
      assert.ok(scene.cluster.requests.log.length > after);
    });
  }

  test('is asked at once through new access, which may lead elsewhere', async () => {
    await ask(2);
    const busy = scene.cluster.inject({ kind: 'throttle', retryAfterSeconds: 3000, count: 1, verbs: ['patch'] });
    await scene.deliver();
    busy.clear();
    const path = `/v1/clusters/${scene.clusterId}`;
    await scene.api.call('PATCH', path, { body: { displayName: 'Busy' } });
    assert.ok((await throttledUntil()) !== undefined);
    const changed = await scene.api.call('PATCH', path, { body: { kubeconfig: scene.cluster.kubeconfig } });
    assert.deepEqual([changed.status, changed.body.throttledUntil], [200, undefined], changed.text);
    assert.equal(await throttledUntil(), undefined);
  });

  test('is held off from when it answered, not from when the slowest call beside that one ended', async () => {
    await ask(2);
    scene.cluster.inject({ kind: 'mute', count: 1, verbs: ['patch'] });
    scene.cluster.inject({ kind: 'throttle', retryAfterSeconds: 20, count: 1, verbs: ['patch'] });
    const began = Date.now();
    await scene.deliver();
    const took = Date.now() - began;
    assert.ok(took >= 2_000, 'one call was mute for its whole time');
    const left = Date.parse((await throttledUntil()) ?? '') - Date.parse(scene.now());
    assert.ok(left < 18_500, `${left} ms are left`);
  });

  test('a look that is told to come back ends with that one call, and holds for deliveries too', async () => {
    const busy = scene.cluster.inject({ kind: 'throttle', retryAfterSeconds: 30 });
    await look();
    const made = scene.cluster.requests.log.length;
    assert.ok(made > 0 && made <= 2, `${made} calls`);
    busy.clear();
    await ask(1);
    await scene.deliver();
    assert.equal(sent(), 0);
  });

  async function look(): Promise<void> {
    const { log } = keptLog();
    const clusters = clusterApi({ log, ...loopbackAllowed, timings: { callSeconds: 2 } });
    const { opened } = scene.api;
    await opened.pool.query(`update cluster set check_due_at = to_timestamp(0)`);
    const ports = { ...opened, clusterApi: clusters, log, chance: () => 0.5, clock: { now: async () => scene.now() } };
    await checkDueClusters({ ...ports, held: async () => [scene.clusterId], stopping: new AbortController().signal });
    await clusters.close();
  }
});
