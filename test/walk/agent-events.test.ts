/**
 * Status events beside the watch, with real ticks and the simulated operator's own event stream: they are no facts of
 * their own. With both the same Operation comes out as with one; and where the watch is blocked, events alone will do.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SimulatedCluster, startCluster } from '../../simulator/index.ts';
import { type Scene, setScene } from '../support/scene.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { until } from '../support/until.ts';

const canary = 'CANARY-3b9e77';

interface Stated {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly lastTransitionTime: string;
}

async function begin(service: TestService, cluster: SimulatedCluster): Promise<Scene & { readonly token: string }> {
  const scene = await setScene(service.api, cluster);
  const made = await service.api.post(`/v1/clusters/${scene.clusterId}/agent-token`);
  assert.equal(made.status, 201, JSON.stringify(made.body));
  return { ...scene, token: made.body.token };
}

async function conditionOf(service: TestService, clusterId: string, type: string): Promise<string | undefined> {
  const { body } = await service.api.get(`/v1/clusters/${clusterId}`);
  return body.conditions.find((condition: Stated) => condition.type === type)?.status;
}

async function backUp({ api }: TestService, { applicationInstanceId }: Scene): Promise<{ id: string; name: string }> {
  const made = await api.post('/v1/operations', { applicationInstanceId, type: 'Backup' });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  return made.body.operation;
}

const bare = (conditions: readonly Stated[]) =>
  conditions
    .filter(({ type }) => type !== 'Delivered')
    .map(({ type, status, reason, lastTransitionTime }) =>
      [type, status, reason, new Date(lastTransitionTime).toISOString()].join(' '),
    )
    .sort();

function inCluster(cluster: SimulatedCluster, name: string) {
  const resource = cluster.get('operations', 'org-myteam', name);
  return (resource as { status: { phase: string; conditions: Stated[] } }).status;
}

test('with the watch and with events twice over and out of order, each Operation is what the cluster states', async (t) => {
  const cluster = await startCluster({ name: 'cluster-prod-1', speed: 20 });
  t.after(() => cluster.close());
  const service = await startTestService({ backend: 'postgres' });
  t.after(() => service.close());
  const { token, ...scene } = await begin(service, cluster);
  for (const kind of ['eventDuplicate', 'eventReorder'] as const) cluster.inject({ kind });
  cluster.inject({ kind: 'eventSecrets', value: canary });
  cluster.inject({ kind: 'backup', outcome: 'PartiallyFailed', count: 1 });
  cluster.postEvents({ url: service.url, token, batchMs: 150 });
  await until(
    'a heartbeat',
    20,
    async () => (await conditionOf(service, scene.clusterId, 'AgentConnected')) === 'True',
  );
  await until('the watch', 20, async () => (await conditionOf(service, scene.clusterId, 'Watching')) === 'True');

  const operations = [await backUp(service, scene), await backUp(service, scene), await backUp(service, scene)];
  for (const { id, name } of operations) {
    const phase = await until(`the end of ${name}`, 90, async () => {
      const told = (await service.api.get(`/v1/operations/${id}`)).body.phase;
      return told !== 'Pending' && told !== 'Running' && told;
    });
    assert.equal(phase, inCluster(cluster, name).phase);
  }
  await until('all events to be taken', 30, () => cluster.eventCounts.waiting === 0);
  assert.ok(cluster.eventCounts.posted > 0);
  for (const { id, name } of operations) {
    const expected = bare(inCluster(cluster, name).conditions);
    await until(`the conditions of ${name} to be the cluster's`, 20, async () => {
      const { body } = await service.api.get(`/v1/operations/${id}`);
      return JSON.stringify(bare(body.conditions)) === JSON.stringify(expected);
    });
    const { body } = await service.api.get(`/v1/operations/${id}`);
    assert.equal(body.outputs.backupName, name);
    assert.equal(body.contradiction, undefined);
    const told = (await service.api.get(`/v1/operations/${id}/events?limit=200`)).body.items;
    const ends = told.filter(({ reason }: { reason: string }) => reason === body.phase);
    assert.equal(ends.length, 1, JSON.stringify(told));
  }
  const all = `${service.logged()} ${service.api.answered()} ${await service.metrics()}`;
  assert.ok(!all.includes(canary), 'a secret came through');
  assert.ok(!service.logged().includes(token), 'the token is in the log');
});

test('where the watch is blocked, events alone bring an Operation to its end', async (t) => {
  const cluster = await startCluster({ name: 'cluster-prod-1', speed: 4 });
  t.after(() => cluster.close());
  const service = await startTestService({ backend: 'postgres' });
  t.after(() => service.close());
  cluster.inject({ kind: 'error', code: 500, verbs: ['list', 'watch'] });
  const { token, ...scene } = await begin(service, cluster);
  cluster.postEvents({ url: service.url, token, batchMs: 300 });
  await until(
    'a heartbeat',
    20,
    async () => (await conditionOf(service, scene.clusterId, 'AgentConnected')) === 'True',
  );
  assert.notEqual(await conditionOf(service, scene.clusterId, 'Watching'), 'True');

  const { id, name } = await backUp(service, scene);
  const done = await until('the end', 90, async () => {
    const { body } = await service.api.get(`/v1/operations/${id}`);
    return body.phase === 'Succeeded' && body;
  });
  assert.notEqual(await conditionOf(service, scene.clusterId, 'Watching'), 'True');
  assert.ok(done.startedAt && done.finishedAt && done.expiresAt);
  assert.equal(inCluster(cluster, name).phase, 'Succeeded');
});
