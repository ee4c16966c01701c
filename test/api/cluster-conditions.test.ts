/** What a cluster's conditions say, when their changes become events, and what refreshes them. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type SimulatedCluster, startCluster } from '../../simulator/index.ts';
import { checkDueClusters } from '../../src/core/clusters/check.ts';
import { clusterCondition } from '../../src/core/clusters/rules/reasons.ts';
import { clusterReason } from '../../src/core/kernel/rules/condition.ts';
import { watchCondition } from '../../src/core/observation/rules/reasons.ts';
import type { ClusterApi } from '../../src/kubernetes/cluster-api.ts';
import { clusterApi } from '../../src/kubernetes/cluster-api.ts';
import { makeMetrics } from '../../src/telemetry/telemetry.ts';
import { loopbackAllowed } from '../support/loopback.ts';
import { type Answer, assertProblem, startApi, type TestApi } from './harness.ts';

const quiet = { info() {}, warn() {}, error() {}, debug() {} };
const day = 86_400_000;

describe('conditions of clusters', () => {
  let cluster: SimulatedCluster;
  let clusters: ClusterApi & { close(): Promise<void> };
  let api: TestApi;
  let aheadMs = 0;
  const clock = { now: async () => new Date(Date.now() + aheadMs).toISOString() };

  before(async () => {
    cluster = await startCluster({ discovery: true });
    cluster.addNamespace('apps');
    cluster.addApplicationInstance('apps', 'cloud');
    clusters = clusterApi({ log: quiet, ...loopbackAllowed, timings: { connectSeconds: 2, callSeconds: 10 } });
    api = await startApi({ clusterApi: clusters, clock });
  });
  after(async () => {
    await api.close();
    await clusters.close();
    await cluster.close();
  });

  /** One round of the connector that holds this cluster. */
  const round = (...held: string[]) =>
    checkDueClusters({
      ...api.ports,
      log: quiet,
      chance: () => 0.5,
      held: async () => held,
      stopping: new AbortController().signal,
    });
  const later = (seconds: number) => {
    aheadMs += seconds * 1000;
  };
  const register = async (name: string, of = cluster, withApplication = true): Promise<string> => {
    const { id } = await api.make('/v1/clusters', { name, kubeconfig: of.kubeconfig });
    if (withApplication) {
      const applicationClass = await api.make('/v1/application-classes', { name: `class-${name}` });
      await api.make('/v1/application-instances', {
        clusterId: id,
        applicationClassId: applicationClass.id,
        namespace: 'apps',
        name: 'cloud',
      });
    }
    return id;
  };
  const instanceOf = async (clusterId: string): Promise<string> => {
    const { body } = await api.call('GET', `/v1/application-instances?clusterId=${clusterId}`);
    return body.items[0].id;
  };
  const read = async (id: string): Promise<Answer['body']> => (await api.call('GET', `/v1/clusters/${id}`)).body;
  const conditionOf = async (id: string, type: string) =>
    (await read(id)).conditions.find((condition: { type: string }) => condition.type === type);
  const eventsOf = async (id: string): Promise<string[]> => {
    const answer = await api.call('GET', `/v1/clusters/${id}/events`);
    assert.equal(answer.status, 200, answer.text);
    return answer.body.items.map(({ type, reason }: { type: string; reason: string }) => `${type} ${reason}`);
  };

  test('a cluster is checked when it is registered and every ten minutes, only by the connector that holds it', async () => {
    const id = await register('looked-at');
    assert.equal(await round(), 0);
    assert.equal((await read(id)).discovery, undefined);
    assert.equal(
      (await Promise.all([round(id), round(id), round(id)])).reduce((sum, count) => sum + count),
      1,
    );
    const { discovery } = await read(id);
    assert.equal(discovery.acceptedParameters.source, 'DryRun');
    assert.equal(discovery.webhook.answers, true);
    assert.deepEqual(cluster.list('operations'), []);
    assert.equal(await round(id), 0);
    later(661);
    assert.equal(await round(id), 1);
    assert.ok((await read(id)).discovery.checkedAt > discovery.checkedAt);
    assert.deepEqual(await eventsOf(id), []);
  });

  test('an outage is recorded once it has lasted, so is its end, and a flapping cluster makes one event', async () => {
    const passing = await startCluster();
    after(() => passing.close());
    const id = await register('passing', passing, false);
    const look = async () => {
      await api.call('POST', `/v1/clusters/${id}/check`);
      await round();
    };
    await look();
    await passing.stop();
    await look();
    assert.equal((await conditionOf(id, 'Reachable')).status, 'False');
    assert.deepEqual(await eventsOf(id), []);
    later(11);
    await round();
    assert.deepEqual(await eventsOf(id), ['Warning ClusterUnreachable']);
    for (let times = 0; times < 3; times += 1) {
      await passing.start();
      await look();
      assert.equal((await conditionOf(id, 'Reachable')).status, 'True');
      later(11);
      await round();
      await passing.stop();
      await look();
      later(11);
      await round();
    }
    assert.deepEqual(await eventsOf(id), ['Warning ClusterUnreachable']);
    await passing.start();
    await look();
    later(31);
    await round();
    assert.deepEqual(await eventsOf(id), ['Warning ClusterUnreachable', 'Normal ClusterReachable']);
    const { body } = await api.call('GET', `/v1/clusters/${id}/events?limit=1&orderBy=-at`);
    assert.equal(body.items[0].reason, 'ClusterReachable');
    assert.equal(
      (await api.call('GET', `/v1/clusters/${id}/events?limit=1&orderBy=-at&cursor=${body.nextCursor}`)).body.items[0]
        .reason,
      'ClusterUnreachable',
    );
    assertProblem(await api.call('GET', `/v1/clusters/${id}/events`, { key: api.otherKey }), 404, 'not-found');
  });

  test('rejected credentials are recorded at once, and new ones are tried without a restart', async () => {
    const id = await register('rotated', cluster, false);
    const token = cluster.issueToken();
    const access = { server: cluster.url, ca: cluster.caPem, token };
    await api.call('PATCH', `/v1/clusters/${id}`, { body: access });
    assert.equal(await round(id), 1);
    cluster.revokeToken(token);
    later(700);
    await round(id);
    assert.deepEqual((await conditionOf(id, 'Authenticated')).status, 'False');
    assert.equal((await conditionOf(id, 'OperatorReady')).status, 'Unknown');
    assert.deepEqual(await eventsOf(id), ['Warning CredentialsRejected']);
    const changed = await api.call('PATCH', `/v1/clusters/${id}`, { body: { ...access, token: cluster.token } });
    assert.equal(changed.status, 200, changed.text);
    assert.equal(await round(id), 1);
    assert.equal((await conditionOf(id, 'Authenticated')).status, 'True');
    assert.deepEqual(await eventsOf(id), ['Warning CredentialsRejected', 'Normal CredentialsAccepted']);
  });

  test('results of checks at one address do not count for another address', async () => {
    const other = await startCluster();
    after(() => other.close());
    const id = await register('moved', cluster, false);
    await round(id);
    assert.ok((await read(id)).discovery);
    await api.call('PATCH', `/v1/clusters/${id}`, { body: { server: other.url, ca: other.caPem, token: other.token } });
    assert.equal((await read(id)).discovery, undefined);
  });

  test('a check that was held up is dropped when one that began later is recorded', async () => {
    const id = await register('overtaken');
    await round(id);
    const { discovery } = await read(id);
    const record = async (checkedAt: string, now: string) => {
      const conditions = [clusterCondition('OperatorReady', 'False', clusterReason(now), 'said', now)];
      const found = { discovery: { ...discovery, checkedAt }, conditions, withdrawn: [], contact: true, now };
      await api.opened.clusterChecks.record(id, { ...found, checkDueAt: now });
      return (await conditionOf(id, 'OperatorReady')).reason === now;
    };
    const before = new Date(Date.parse(discovery.checkedAt) - 60_000).toISOString();
    assert.equal(await record(before, discovery.checkedAt), false);
    assert.equal((await read(id)).discovery.checkedAt, discovery.checkedAt);
    assert.equal(await record(before, before), true, 'the clock was put back');
  });

  test('a cluster is checked when its watch begins or ceases to be refused', async () => {
    const id = await register('refused');
    const said = (status: 'True' | 'False', reason: string) =>
      clock.now().then((now) => {
        const conditions = [watchCondition('Watching', status, clusterReason(reason), 'said', now)];
        return api.opened.directory.report(id, { conditions, contact: true, now });
      });
    await round(id);
    await said('True', 'Watching');
    for (const [status, reason, looked] of [
      ['False', 'Unreachable', 0],
      ['True', 'Watching', 0],
      ['False', 'Refused', 1],
      ['True', 'Watching', 1],
    ] as const) {
      await said(status, reason);
      assert.equal(await round(id), looked, `${status} ${reason}`);
    }
  });

  test('credentials that expire are recorded two weeks before and at the end; without an expiry there is no condition', async () => {
    const id = await register('expiring', cluster, false);
    await round(id);
    assert.equal(await conditionOf(id, 'CredentialsExpiring'), undefined);
    // Only the cluster can verify a token; when it ends is read from what it says of itself.
    const exp = Math.floor((Date.now() + aheadMs + 15 * day) / 1000);
    const claims = Buffer.from(JSON.stringify({ exp })).toString('base64url');
    const access = { server: cluster.url, ca: cluster.caPem };
    await api.call('PATCH', `/v1/clusters/${id}`, {
      body: { ...access, token: `eyJhbGciOiJSUzI1NiJ9.${claims}.c2ln` },
    });
    await round(id);
    assert.equal((await conditionOf(id, 'CredentialsExpiring')).status, 'False');
    assert.equal((await read(id)).discovery.credentialsExpireAt, new Date(exp * 1000).toISOString());
    for (const days of [2, 5, 10]) {
      later(days * 86_400);
      await round(id);
    }
    assert.equal((await conditionOf(id, 'CredentialsExpiring')).reason, 'Expired');
    const told = (await eventsOf(id)).filter((event) => /Expir/.test(event));
    assert.deepEqual(told, ['Warning CredentialsExpiring', 'Warning CredentialsExpired']);
    await api.call('PATCH', `/v1/clusters/${id}`, { body: { ...access, token: cluster.token } });
    await round(id);
    assert.equal(await conditionOf(id, 'CredentialsExpiring'), undefined);
  });

  test('an operator that is not ready is recorded in its own words', async () => {
    const ill = await startCluster({ discovery: true });
    after(() => ill.close());
    ill.addNamespace('apps');
    ill.addApplicationInstance('apps', 'cloud');
    const id = await register('ill', ill);
    await round(id);
    assert.equal((await conditionOf(id, 'OperatorReady')).status, 'True');
    const fault = ill.inject({ kind: 'webhookDown', message: 'connection refused' });
    /** What it finds lasts long enough to be told. */
    const check = async () => {
      await api.call('POST', `/v1/clusters/${id}/check`);
      later(31);
      await round(id);
    };
    await check();
    const down = await conditionOf(id, 'OperatorReady');
    assert.deepEqual([down.status, down.reason], ['False', 'WebhookFailing']);
    assert.match(down.message, /connection refused/);
    fault.clear();
    await check();
    assert.equal((await conditionOf(id, 'OperatorReady')).status, 'True');
    ill.removeCrd('operations');
    await check();
    assert.equal((await conditionOf(id, 'OperatorReady')).reason, 'CrdMissing');
    assert.deepEqual(await eventsOf(id), [
      'Warning OperatorNotReady',
      'Normal OperatorReady',
      'Warning OperatorNotReady',
    ]);
  });

  test('a cluster is answered with its pending deliveries, alone and in lists', async () => {
    const id = await register('waiting');
    const applicationInstanceId = await instanceOf(id);
    assert.deepEqual((await read(id)).delivery, { pendingCount: 0, lagSeconds: 0 });
    for (let count = 0; count < 2; count += 1)
      await api.make('/v1/operations', { applicationInstanceId, type: 'Backup' });
    const { delivery } = await read(id);
    assert.equal(delivery.pendingCount, 2);
    assert.ok(delivery.oldestPendingAt);
    const { items } = (await api.call('GET', '/v1/clusters?limit=200')).body;
    const listed = items.find((item: { id: string }) => item.id === id);
    assert.equal(listed.delivery.pendingCount, 2);
    assert.equal(
      items.filter((item: { delivery: { pendingCount: number } }) => item.delivery.pendingCount > 0).length,
      1,
    );
  });

  test('metrics have at most seven series for each cluster', async () => {
    const id = await register('measured');
    await round(id);
    const metrics = makeMetrics();
    metrics.clusters(() => api.opened.clusterFigures.measured(1000), clock.now);
    const { text } = await metrics.text();
    const lines = text.split('\n').filter((line) => line.includes(id));
    assert.ok(
      lines.includes(`backups_cluster_condition{cluster="${id}",name="measured",condition="Reachable"} 1`),
      text,
    );
    assert.ok(lines.includes(`backups_cluster_pending_deliveries{cluster="${id}",name="measured"} 0`));
    assert.ok(lines.some((line) => line.startsWith('backups_cluster_last_contact_seconds{')));
    assert.ok(lines.length <= 7);
    assert.match(text, /^backups_delivery_lag_seconds \d/m);
  });
});
