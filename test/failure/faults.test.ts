/**
 * Every way in which a cluster is known to fail, each on a cluster of its own, all at once on one service: Operations are
 * asked for before, during and after, one is cancelled while the fault lasts. Within thirty seconds of its end the record
 * agrees with the cluster, everything that can be done is done, and the clusters beside them never noticed.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, type SimulatedCluster, startClusters } from '../../simulator/index.ts';
import type { Client } from '../support/client.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { until } from '../support/until.ts';

const namespace = 'org-myteam';
const application = 'nextcloud';
const convergeSeconds = 30;

interface Case {
  readonly name: string;
  readonly lastsMs: number;
  /** What is asked for meanwhile may be refused for good, or be lost with the cluster's state. */
  readonly mayFail?: true;
  /** The backup that runs as it begins would not end by itself. */
  readonly hangs?: true;
  /** What it begins is ended by what it returns. */
  begin(cluster: SimulatedCluster, change: (access: object) => Promise<unknown>): () => unknown;
}

/** `dropped`: its watches end as it begins, and can begin again, or be replaced by a list, only after it. */
const faults: readonly (readonly [string, Fault, 'dropped'?])[] = [
  ['refuses connections', { kind: 'unreachable', mode: 'refuse' }],
  ['resets connections', { kind: 'unreachable', mode: 'reset' }],
  ['is a black hole', { kind: 'unreachable', mode: 'blackHole' }],
  ['is half open, then heals', { kind: 'halfOpen', heals: true }],
  ['has a certificate of another authority', { kind: 'certificate', problem: 'authority' }],
  ['has an expired certificate', { kind: 'certificate', problem: 'expired' }],
  ['is mute', { kind: 'mute' }],
  ['is slow', { kind: 'slow', ms: 700 }],
  ['takes the token for expired', { kind: 'unauthorized' }, 'dropped'],
  ['throttles', { kind: 'throttle', retryAfterSeconds: 2 }, 'dropped'],
  ['answers 500', { kind: 'error', code: 500 }, 'dropped'],
  ['answers 503 now and then', { kind: 'error', code: 503, rate: 0.5 }],
  ['cuts JSON short', { kind: 'truncate', mode: 'cut' }],
  ['garbles JSON', { kind: 'truncate', mode: 'clean' }, 'dropped'],
  ['stores and then cuts the connection', { kind: 'cutAfterCommit' }],
  ['drops watches', { kind: 'dropWatches', afterMs: 200, abrupt: true }],
  ['leaves watches silent', { kind: 'silentWatches' }],
  ['calls every version expired', { kind: 'expired' }],
  ['calls every version expired by status', { kind: 'expired', asHttp: true }],
  ['has another time', { kind: 'clockSkew', seconds: -3600 }],
  ['has a webhook that is down', { kind: 'webhookDown' }],
  ['has no quota left', { kind: 'quota' }],
];

function dropWatches(cluster: SimulatedCluster): void {
  cluster.inject({ kind: 'dropWatches', abrupt: true }).clear();
}

const cases: readonly Case[] = [
  ...faults.map(
    ([name, fault, watches]): Case => ({
      name,
      lastsMs: 3_000,
      begin(cluster) {
        const injected = cluster.inject(fault);
        if (watches === 'dropped') dropWatches(cluster);
        return () => injected.clear();
      },
    }),
  ),
  {
    name: 'loses the CRD and gets it back',
    lastsMs: 3_000,
    mayFail: true,
    begin(cluster) {
      cluster.removeCrd('operations');
      return () => cluster.restoreCrd('operations');
    },
  },
  {
    name: 'loses the namespace and gets it back',
    lastsMs: 3_000,
    mayFail: true,
    begin(cluster) {
      cluster.deleteNamespace(namespace);
      return async () => {
        await until(
          'the namespace to be gone',
          30,
          () => cluster.get('namespaces', undefined, namespace) === undefined,
        );
        cluster.addNamespace(namespace);
        cluster.addApplicationInstance(namespace, application);
      };
    },
  },
  {
    name: 'stops and starts again',
    lastsMs: 3_000,
    begin(cluster) {
      const stopped = cluster.stop();
      return () => stopped.then(() => cluster.start());
    },
  },
  {
    name: 'is set back to an older state, in which a backup that runs never was',
    lastsMs: 500,
    mayFail: true,
    hangs: true,
    begin(cluster) {
      const done = cluster.rewind(8);
      return () => done;
    },
  },
  {
    name: 'has forgotten its history',
    lastsMs: 500,
    begin(cluster) {
      const dropped = cluster.inject({ kind: 'dropWatches', abrupt: true });
      cluster.compact();
      return () => dropped.clear();
    },
  },
  {
    name: 'revokes the token and is given another',
    lastsMs: 3_000,
    begin(cluster, change) {
      cluster.revokeToken(cluster.token);
      return () => change({ server: cluster.url, ca: cluster.caPem, token: cluster.issueToken() });
    },
  },
  {
    name: 'takes the right to list the cluster away',
    lastsMs: 3_000,
    begin(cluster) {
      cluster.restrictTo([namespace]);
      dropWatches(cluster);
      return () => {};
    },
  },
];

interface Recorded {
  readonly id: string;
  readonly name: string;
  readonly phase: string;
  readonly conditions: readonly { readonly type: string; readonly status: string; readonly message: string }[];
}
const terminal = ['Succeeded', 'Failed', 'Cancelled'];

describe('a cluster that', () => {
  let service: TestService;
  let api: Client;
  let clusters: readonly SimulatedCluster[];
  let closeClusters: () => Promise<void>;
  const places: { readonly clusterId: string; readonly applicationInstanceId: string }[] = [];

  before(async () => {
    const started = await startClusters(cases.length + 1, { speed: 200, namespace, application });
    clusters = started.clusters;
    closeClusters = started.close;
    service = await startTestService({ backend: 'postgres' });
    api = service.api;
    const made = async (path: string, body: object) => {
      const answer = await api.post(path, body);
      assert.equal(answer.status, 201, JSON.stringify(answer.body));
      return answer.body.id;
    };
    const applicationClassId = await made('/v1/application-classes', { name: 'nextcloud' });
    for (const cluster of clusters) {
      const clusterId = await made('/v1/clusters', { name: cluster.name, kubeconfig: cluster.kubeconfig });
      const place = { clusterId, applicationClassId, namespace, name: application };
      places.push({ clusterId, applicationInstanceId: await made('/v1/application-instances', place) });
    }
    for (const { clusterId } of places) await until('the watches', 60, () => isWatched(clusterId));
  });
  after(async () => {
    await service?.close();
    await closeClusters?.();
  });

  /** As a client does: what is answered with 503 and Retry-After is asked again. */
  const answered = (ask: () => Promise<Awaited<ReturnType<Client['get']>>>) =>
    until('an answer', 15, async () => {
      const answer = await ask();
      return answer.status === 503 ? undefined : answer;
    });
  async function isWatched(clusterId: string): Promise<boolean> {
    const { body } = await answered(() => api.get(`/v1/clusters/${clusterId}`));
    const holds = (type: string) =>
      body.conditions.some((each: { type: string; status: string }) => each.type === type && each.status === 'True');
    return ['Reachable', 'Authenticated', 'Watching'].every(holds);
  }
  async function backUp(applicationInstanceId: string): Promise<string> {
    const answer = await answered(() => api.post('/v1/operations', { applicationInstanceId, type: 'Backup' }));
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer.body.operation.id;
  }
  const operation = async (id: string): Promise<Recorded> =>
    (await answered(() => api.get(`/v1/operations/${id}`))).body;
  const hasEnded = async (id: string) => terminal.includes((await operation(id)).phase);
  const recorded = async (clusterId: string): Promise<readonly Recorded[]> =>
    (await answered(() => api.get(`/v1/operations?clusterId=${clusterId}&limit=100`))).body.items;

  /**
   * What is wrong between the record and the cluster; empty when they agree and all has ended. What a cluster that was set
   * back takes for unfinished has ended all the same.
   */
  async function differences(cluster: SimulatedCluster, clusterId: string): Promise<readonly string[]> {
    const known = await recorded(clusterId);
    const wrong: string[] = [];
    for (const { name, phase } of known) {
      const resource = cluster.get('operations', namespace, name) as { status?: { phase?: string } } | undefined;
      const stated = resource?.status?.phase;
      if (!terminal.includes(phase)) wrong.push(`${name} is ${phase}`);
      else if (stated !== undefined && terminal.includes(stated) && stated !== phase)
        wrong.push(`${name} is ${phase}, the cluster says ${stated}`);
    }
    for (const resource of cluster.list('operations', namespace)) {
      const { name } = (resource as { metadata: { name: string } }).metadata;
      if (!known.some((each) => each.name === name)) wrong.push(`${name} is not recorded`);
    }
    if (!(await isWatched(clusterId))) wrong.push('the cluster is not followed');
    return wrong;
  }

  const longest = Math.max(...cases.map(({ lastsMs }) => lastsMs));

  describe('and recovers', { concurrency: true }, () => {
    for (const [i, { name, lastsMs, mayFail, hangs, begin }] of cases.entries()) {
      test(`${name} is in step again within ${convergeSeconds} s`, async (t) => {
        const [cluster, place] = [clusters[i], places[i]];
        assert.ok(cluster !== undefined && place !== undefined);
        const { clusterId, applicationInstanceId } = place;
        const early = await backUp(applicationInstanceId);
        await until('the first backup', 30, async () => (await operation(early)).phase === 'Succeeded');
        if (hangs) cluster.inject({ kind: 'backup', outcome: 'hang', count: 1 });
        const running = await backUp(applicationInstanceId);
        if (hangs) await until('it to run', 15, async () => (await operation(running)).phase === 'Running');
        const end = begin(cluster, (access) => api.patch(`/v1/clusters/${clusterId}`, access));
        const during = [await backUp(applicationInstanceId), await backUp(applicationInstanceId)];
        await sleep(200);
        const cancelled = await answered(() => api.post(`/v1/operations/${during[1]}/cancel`));
        assert.ok([200, 409].includes(cancelled.status));
        await sleep(lastsMs);
        await end();
        const endedAt = performance.now();
        const late = await backUp(applicationInstanceId);
        let found: readonly string[] = [];
        await until(`the record and the cluster to agree`, convergeSeconds, async () => {
          found = await differences(cluster, clusterId);
          return found.length === 0 && (await hasEnded(late));
        }).catch((error: unknown) => {
          throw new Error(`${String(error)}: ${found.join('; ')}`);
        });
        t.diagnostic(`in step after ${((performance.now() - endedAt) / 1000).toFixed(1)} s`);
        assert.equal((await operation(late)).phase, 'Succeeded', JSON.stringify((await operation(late)).conditions));
        for (const id of [running, ...during]) assert.ok(await hasEnded(id));
        for (const id of mayFail ? [] : [running, ...during.slice(0, 1)]) {
          const { phase, conditions } = await operation(id);
          assert.equal(phase, 'Succeeded', JSON.stringify(conditions));
        }
      });
    }

    test('and is well the whole time goes on as if nothing were', async () => {
      const [cluster, place] = [clusters[cases.length], places[cases.length]];
      assert.ok(cluster !== undefined && place !== undefined);
      const endAt = performance.now() + longest;
      while (performance.now() < endAt) {
        const id = await backUp(place.applicationInstanceId);
        await until('a backup of a cluster that is well', 15, async () => (await operation(id)).phase === 'Succeeded');
        assert.ok(await isWatched(place.clusterId));
      }
      assert.deepEqual(await differences(cluster, place.clusterId), []);
    });
  });
});
