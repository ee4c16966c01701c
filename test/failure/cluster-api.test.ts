import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type SimulatedCluster, startCluster } from '../../simulator/index.ts';
import type { ClusterTarget } from '../../src/core/clusters/ports.ts';
import { clusterApi } from '../../src/kubernetes/cluster-api.ts';
import { readKubeconfig } from '../../src/kubernetes/kubeconfig.ts';
import { recorder } from '../support/kubernetes/recorder.ts';
import { manifest, silentLog, soon, targetOf, until } from '../support/kubernetes/scripted-cluster.ts';

const timings = {
  callSeconds: 2,
  silentSeconds: 0.5,
  backOffSeconds: [0.02, 0.1],
  refusedSeconds: [0.05, 0.1],
} as const;

describe('against the simulated cluster', () => {
  let cluster: SimulatedCluster;
  let target: ClusterTarget;
  const api = clusterApi({ log: silentLog, timings });

  before(async () => {
    cluster = await startCluster({ speed: 100, bookmarkSeconds: 0.1 });
    cluster.addNamespace('apps');
    cluster.addApplicationInstance('apps', 'shop');
    target = targetOf(readKubeconfig(cluster.kubeconfig));
  });
  beforeEach(() => cluster.clearFaults());
  after(async () => {
    await api.close();
    await cluster.close();
  });

  const applied = async (name: string): Promise<string> => {
    const answer = await api.apply(target, manifest(name), soon());
    assert.equal(answer.kind, 'Applied');
    return answer.kind === 'Applied' ? answer.uid : '';
  };
  const watched = async (work: (watcher: ReturnType<typeof recorder>) => Promise<void>) => {
    const watcher = recorder();
    const stop = new AbortController();
    const running = api.watch(target, watcher, stop.signal);
    try {
      await until(() => watcher.states.length > 0, 'the watch began');
      await work(watcher);
    } finally {
      stop.abort();
      await running;
    }
  };

  test('a second delivery is harmless, and changes nothing', async () => {
    const uid = await applied('twice');
    const first = JSON.stringify(cluster.get('operations', 'apps', 'twice'));
    assert.equal(await applied('twice'), uid);
    assert.deepEqual(await api.apply(target, manifest('twice', uid), soon()), { kind: 'Applied', uid, warnings: [] });
    assert.equal(
      JSON.parse(JSON.stringify(cluster.get('operations', 'apps', 'twice'))).metadata.uid,
      JSON.parse(first).metadata.uid,
    );
  });

  test('with a uid nothing is ever created', async () => {
    assert.deepEqual(await api.apply(target, manifest('gone', '5c2f0a76-0000-4000-8000-000000000000'), soon()), {
      kind: 'Absent',
    });
    assert.equal(cluster.get('operations', 'apps', 'gone'), undefined);
    await applied('other');
    assert.deepEqual(await api.apply(target, manifest('other', '5c2f0a76-0000-4000-8000-000000000000'), soon()), {
      kind: 'Absent',
    });
  });

  test("a denial carries the webhook's words", async () => {
    cluster.inject({ kind: 'deny', message: 'the target carries no backup capability' });
    const answer = await api.apply(target, manifest('denied'), soon());
    assert.partialDeepStrictEqual(answer, { kind: 'Refused', reason: 'CapabilityMissing' });
    assert.match('message' in answer ? answer.message : '', /the target carries no backup capability/);
  });

  test('a webhook that is away, throttling and errors are tried again, with the wait that was asked for', async () => {
    cluster.inject({ kind: 'webhookDown' });
    assert.equal((await api.apply(target, manifest('later'), soon())).kind, 'ServerError');
    cluster.clearFaults();
    cluster.inject({ kind: 'throttle', retryAfterSeconds: 3 });
    assert.partialDeepStrictEqual(await api.apply(target, manifest('later'), soon()), {
      kind: 'Throttled',
      retryAfterSeconds: 3,
    });
    cluster.clearFaults();
    cluster.inject({ kind: 'error', code: 503, retryAfterSeconds: 4 });
    assert.partialDeepStrictEqual(await api.apply(target, manifest('later'), soon()), {
      kind: 'ServerError',
      retryAfterSeconds: 4,
    });
  });

  test('another namespace, another token, another field manager', async () => {
    const elsewhere = { ...manifest('x'), metadata: { ...manifest('x').metadata, namespace: 'nowhere' } };
    assert.partialDeepStrictEqual(
      await api.apply(targetOf(readKubeconfig(cluster.adminKubeconfig)), elsewhere, soon()),
      {
        kind: 'Refused',
        reason: 'NamespaceNotFound',
      },
    );
    assert.equal(
      (await api.apply(targetOf({ ...target.access, token: 'wrong' }), manifest('x'), soon())).kind,
      'CredentialsRejected',
    );
  });

  test('an answer that is lost after the write is found again by the next apply', async () => {
    cluster.inject({ kind: 'cutAfterCommit', count: 1 });
    assert.equal((await api.apply(target, manifest('lost'), soon())).kind, 'Unreachable');
    const uid = await applied('lost');
    assert.equal(cluster.list('operations', 'apps').filter((object) => JSON.stringify(object).includes(uid)).length, 1);
  });

  test('a deletion is bound to the uid', async () => {
    const uid = await applied('short');
    assert.deepEqual(
      await api.remove(target, { name: 'short', namespace: 'apps', uid: '5c2f0a76-0000-4000-8000-000000000000' }),
      { kind: 'Absent' },
    );
    assert.notEqual(cluster.get('operations', 'apps', 'short'), undefined);
    assert.deepEqual(await api.remove(target, { name: 'short', namespace: 'apps', uid }), { kind: 'Deleted' });
    await until(() => cluster.get('operations', 'apps', 'short') === undefined, 'it is gone');
    assert.deepEqual(await api.remove(target, { name: 'short', namespace: 'apps', uid }), { kind: 'Absent' });
  });

  test('discovery sees version, CRD and rights', async () => {
    const { discovery, failure } = await api.discover(target, '2026-01-01T00:00:00.000Z');
    assert.equal(failure, undefined);
    assert.match(discovery.server.version ?? '', /^v1\./);
    assert.deepEqual(
      discovery.customResources.items?.map(({ versions }) => versions),
      [['v1alpha1'], ['v1alpha1']],
    );
    assert.deepEqual(new Set(discovery.permissions.items?.map(({ allowed }) => allowed)), new Set(['Yes']));
  });

  test('a backup is followed to its end', async () => {
    await watched(async (watcher) => {
      await applied('whole');
      await until(() => watcher.observations().includes('whole Succeeded'), 'it succeeded');
    });
  });

  for (const fault of [
    { kind: 'dropWatches', abrupt: true },
    { kind: 'silentWatches', durationMs: 1500 },
    { kind: 'expired', durationMs: 300 },
    { kind: 'expired', asHttp: true, durationMs: 300 },
    { kind: 'truncate', verbs: ['watch', 'list'], durationMs: 300 },
    { kind: 'mute', durationMs: 1500 },
    { kind: 'unreachable', mode: 'refuse', durationMs: 500 },
    { kind: 'error', code: 500, verbs: ['watch', 'list'], durationMs: 300 },
  ] as const) {
    test(`nothing is missed through ${JSON.stringify(fault)}`, async () => {
      const name = `f${Math.random().toString(36).slice(2, 10)}`;
      await watched(async (watcher) => {
        await applied(`${name}-before`);
        cluster.inject(fault);
        if ('durationMs' in fault && (fault.kind === 'mute' || fault.kind === 'unreachable'))
          await until(() => cluster.faults().length === 0, 'the fault is over');
        else cluster.inject({ kind: 'dropWatches', count: 1 });
        await applied(`${name}-after`);
        await until(() => watcher.observations().includes(`${name}-before Succeeded`), 'the first was seen to its end');
        await until(() => watcher.observations().includes(`${name}-after Succeeded`), 'the second was seen to its end');
      });
    });
  }

  test('credentials that are refused are told as that, although the cluster asks to leave the connection with it', async () => {
    await watched(async (watcher) => {
      const refusals = () => watcher.states.filter(({ kind }) => kind === 'Interrupted');
      cluster.inject({ kind: 'unauthorized' });
      cluster.inject({ kind: 'dropWatches', count: 2 });
      const isRefused = ({ code }: { code: number }) => code === 401;
      await until(() => cluster.requests.log.filter(isRefused).length > 5, 'it was refused again and again');
      await until(() => refusals().length > 0, 'it is told');
      for (const state of refusals())
        assert.partialDeepStrictEqual(state, { failure: { kind: 'CredentialsRejected' } });
    });
  });

  test('what is deleted while the watch is away is missing from the list that follows', async () => {
    const uid = await applied('vanishing');
    await watched(async (watcher) => {
      assert.ok(watcher.lists[0]?.has('apps/vanishing'));
      cluster.inject({ kind: 'unreachable', mode: 'refuse', durationMs: 200 });
      const admin = targetOf(readKubeconfig(cluster.adminKubeconfig), '01890000-0000-7000-8000-00000000000b');
      await until(() => cluster.faults().length === 0, 'the cluster is back');
      cluster.inject({ kind: 'error', code: 500, verbs: ['watch'], durationMs: 300 });
      assert.equal((await api.remove(admin, { name: 'vanishing', namespace: 'apps', uid })).kind, 'Deleted');
      await until(() => cluster.get('operations', 'apps', 'vanishing') === undefined, 'it is gone');
      cluster.compact();
      await until(
        () => watcher.lists.length > 1 && watcher.lists.at(-1)?.has('apps/vanishing') === false,
        'the list without it',
      );
    });
  });
});
