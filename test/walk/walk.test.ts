/**
 * The whole way of a backup with real ticks, a real queue, real HTTPS and the simulated cluster: from a schedule's slot
 * to Succeeded, and on demand, over both queue back ends. The only thing that is set is the clock, put forward by whole
 * seconds so that the next minute is near.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCluster } from '../../simulator/index.ts';
import { setScene } from '../support/scene.ts';
import { adminKey, backends, startTestService } from '../support/service.ts';
import { patience, until } from '../support/until.ts';

const leadSeconds = 4;

for (const backend of backends) {
  test(`a schedule fires at its second and its backup succeeds, with the queue on ${backend}`, async (t) => {
    const cluster = await startCluster({ name: 'cluster-prod-1', speed: 20 });
    t.after(() => cluster.close());
    const startedAt = Date.now();
    const aheadMs = Math.floor((60_000 - (startedAt % 60_000)) / 1000 - leadSeconds) * 1000;
    const nowMs = () => Date.now() + aheadMs;
    const service = await startTestService({ backend, clock: { now: async () => new Date(nowMs()).toISOString() } });
    t.after(() => service.close());
    const { api } = service;
    const { applicationInstanceId, clusterId } = await setScene(api, cluster);

    const schedule = await api.post('/v1/schedules', {
      applicationInstanceId,
      name: 'often',
      schedule: '* * * * *',
      cadence: 'hourly',
    });
    assert.equal(schedule.status, 201, JSON.stringify(schedule.body));
    const slot = Date.parse(schedule.body.nextFireAt);
    await until('the watch', 10, async () => {
      const { body } = await api.get(`/v1/clusters/${clusterId}`);
      return body.conditions.some(
        (condition: { type: string; status: string }) => condition.type === 'Watching' && condition.status === 'True',
      );
    });

    await until('the resource in the cluster', 70, () => cluster.list('operations', 'org-myteam').length > 0);
    const inClusterMs = nowMs() - slot;
    assert.ok(inClusterMs >= 0 && inClusterMs < patience * 1_000, `the resource came ${inClusterMs} ms after the slot`);

    const [operation] = (await api.get(`/v1/operations?scheduleId=${schedule.body.id}`)).body.items;
    assert.equal(operation.scheduledFor, schedule.body.nextFireAt);
    assert.deepEqual([operation.ttl, operation.ttlSource], ['24h', 'applicationClass']);
    const phaseInCluster = () => {
      const resource = cluster.get('operations', 'org-myteam', operation.name) as
        | { status?: { phase?: string } }
        | undefined;
      return resource?.status?.phase;
    };
    await until('the backup in the cluster', 30, () => phaseInCluster() === 'Succeeded');
    const done = await until('the status in the API', 1, async () => {
      const { body } = await api.get(`/v1/operations/${operation.id}`);
      return body.phase === 'Succeeded' ? body : undefined;
    });
    assert.equal(done.outputs.backupName, operation.name);
    assert.equal(done.progress.itemsDone, done.progress.totalItems);
    for (const type of ['Delivered', 'Accepted', 'Succeeded']) {
      assert.ok(
        done.conditions.some(
          (condition: { type: string; status: string }) => condition.type === type && condition.status === 'True',
        ),
        type,
      );
    }

    const ledger = (await api.get(`/v1/schedules/${schedule.body.id}/fires`)).body.items;
    assert.deepEqual([ledger[0].outcome, ledger[0].operationId, ledger[0].slotCount], ['Fired', operation.id, 1]);
    const told = (await api.get(`/v1/operations/${operation.id}/events?orderBy=at`)).body.items.map(
      (event: { reason: string }) => event.reason,
    );
    assert.deepEqual(
      ['Created', 'Delivered', 'Running', 'Succeeded'].filter((reason) => !told.includes(reason)),
      [],
      told.join(),
    );

    const wanted = await api.post(
      '/v1/operations',
      { applicationInstanceId, type: 'Restore', parameters: { backupName: operation.name } },
      { 'idempotency-key': 'restore-1' },
    );
    assert.equal(wanted.status, 201, JSON.stringify(wanted.body));
    await until(
      'the restore',
      30,
      async () => (await api.get(`/v1/operations/${wanted.body.operation.id}`)).body.phase === 'Succeeded',
    );

    const { body: afterwards } = await api.get(`/v1/clusters/${clusterId}`);
    assert.ok(afterwards.lastObservedAt, 'the cluster tells when it was last observed');
    assert.match(afterwards.discovery.server.version, /^v1\./, 'it was looked at without being asked to');
    assert.deepEqual(afterwards.delivery, { pendingCount: 0, lagSeconds: 0 });

    const metrics = await service.metrics();
    const secrets = [
      adminKey,
      cluster.token,
      service.secretsKey,
      cluster.caPem.slice(60, 120),
      Buffer.from(cluster.caPem).toString('base64').slice(60, 120),
    ];
    for (const secret of secrets) {
      assert.ok(!service.logged().includes(secret), 'a secret is in the log');
      assert.ok(!api.answered().includes(secret), 'a secret is in an answer');
      assert.ok(!metrics.includes(secret), 'a secret is in the metrics');
    }
    assert.ok(service.logged().length > 200, 'the log was kept');
  });
}
