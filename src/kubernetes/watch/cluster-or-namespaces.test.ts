import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Recorder, recorder } from '../../../test/support/kubernetes/recorder.ts';
import {
  answerJson,
  multiplexed,
  operationObject,
  type Scripted,
  scripted,
  silentLog,
  until,
} from '../../../test/support/kubernetes/scripted-cluster.ts';
import { watchTimings } from '../../../test/support/kubernetes/scripted-watch.ts';
import { clusterApi } from '../cluster-api.ts';
import type { Timings } from '../timings.ts';

const operations = '/apis/ops.vworkspace.io/v1alpha1';
const applications = '/apis/apps.vworkspace.io/v1alpha1';

interface World {
  /** By the path of a list: its items, or why it is refused. What is not named is forbidden. */
  readonly lists: Map<string, readonly object[]>;
  readonly watches: Map<string, (type: string, object: object) => void>;
}

/** A cluster of these lists, whose watches stay open, while `work` runs. */
async function within(
  lists: Readonly<Record<string, readonly object[]>>,
  watcher: Recorder,
  work: (world: World, server: Scripted) => Promise<void>,
  more: Partial<Timings> = {},
): Promise<void> {
  const world: World = { lists: new Map(Object.entries(lists)), watches: new Map() };
  await using server = await scripted((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'https://x');
    const items = world.lists.get(pathname);
    if (items === undefined)
      return answerJson(response, 403, { kind: 'Status', reason: 'Forbidden', message: `${pathname} is forbidden` });
    if (searchParams.get('watch') !== 'true')
      return answerJson(response, 200, { metadata: { resourceVersion: '9' }, items });
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    world.watches.set(pathname, (type, object) => response.write(`${JSON.stringify({ type, object })}\n`));
    response.on('close', () => world.watches.delete(pathname));
  });
  const api = clusterApi({ log: silentLog, timings: { ...watchTimings, silentSeconds: 30, ...more } });
  const stop = new AbortController();
  const watched = api.watch(server.target, watcher, stop.signal);
  try {
    await work(world, server);
  } finally {
    stop.abort();
    await watched;
    await api.close();
  }
}

const application = {
  apiVersion: 'apps.vworkspace.io/v1alpha1',
  kind: 'ApplicationInstance',
  metadata: {
    name: 'shop',
    namespace: 'apps',
    uid: 'u1',
    resourceVersion: '7',
    generation: 2,
    labels: { 'app.vworkspace.io/managed-by': 'control-plane', team: 'x' },
    annotations: { 'ops.vworkspace.io/backup': 'velero', 'kubectl.kubernetes.io/last-applied-configuration': 'canary' },
  },
  spec: {
    mode: 'managed',
    appRef: { catalogId: 'odoo' },
    chart: { name: 'odoo', version: '1.2.3', repository: 'https://user:canary@charts.example/odoo' },
    release: { name: 'shop', namespace: 'apps' },
    values: { password: 'canary' },
  },
  status: { conditions: [{ type: 'Ready', status: 'True', reason: 'Up', message: '' }, 'nonsense'] },
};

describe('an observation', () => {
  test('of an application has its source and its state; values and foreign annotations are never kept', async () => {
    const watcher = recorder();
    await within(
      { [`${operations}/operations`]: [], [`${applications}/applicationinstances`]: [application] },
      watcher,
      async ({ watches }) => {
        await until(() => watches.size === 2, 'both are watched');
        watches.get(`${applications}/applicationinstances`)?.('DELETED', { ...application, spec: 7 });
        await until(() => watcher.applicationBatches.length === 2, 'the deletion was seen');
      },
    );
    assert.deepEqual(JSON.parse(JSON.stringify(watcher.applicationBatches[0])), [
      {
        name: 'shop',
        namespace: 'apps',
        uid: 'u1',
        deleted: false,
        source: 'Listed',
        resourceVersion: '7',
        generation: 2,
        labels: { 'app.vworkspace.io/managed-by': 'control-plane' },
        annotations: { 'ops.vworkspace.io/backup': 'velero' },
        mode: 'managed',
        catalogId: 'odoo',
        chart: { name: 'odoo', version: '1.2.3', repository: 'https://charts.example/odoo' },
        release: { name: 'shop', namespace: 'apps' },
        conditions: [{ type: 'Ready', status: 'True', reason: 'Up', message: '' }, null],
      },
    ]);
    assert.partialDeepStrictEqual(watcher.applicationBatches[1]?.[0], {
      deleted: true,
      source: 'Watched',
      conditions: [{ type: 'Ready' }],
    });
    assert.doesNotMatch(JSON.stringify(watcher.applicationBatches), /canary/);
    assert.deepEqual(watcher.applicationLists[0]?.present, new Set(['apps/shop']));
  });

  test('of an Operation has enough to record one that somebody else made', async () => {
    const watcher = recorder();
    const made = {
      ...operationObject('theirs', '5', 'Running'),
      metadata: {
        name: 'theirs',
        namespace: 'apps',
        uid: 'u2',
        resourceVersion: '5',
        generation: 1,
        creationTimestamp: '2026-01-01T00:00:00Z',
        annotations: { 'app.vworkspace.io/operation-id': 'id-1' },
        managedFields: [
          {
            manager: 'kubectl',
            operation: 'Apply',
            time: '2026-01-01T00:00:00Z',
            fieldsV1: { 'f:spec': { 'f:type': {} } },
          },
          { manager: 'operator', operation: 'Update', subresource: 'status', fieldsV1: { 'f:status': {} } },
          7,
        ],
      },
      spec: { type: 'Backup', engine: 'velero', targetRef: { name: 'shop' }, parameters: { ttl: '24h' } },
    };
    const large = {
      ...made,
      metadata: { ...made.metadata, name: 'large' },
      spec: { type: 'RunCommand', parameters: { x: 'y'.repeat(40_000) } },
    };
    await within(
      { [`${operations}/operations`]: [made, large], [`${applications}/applicationinstances`]: [] },
      watcher,
      async () => {
        await until(() => watcher.batches.length > 0, 'it was seen');
      },
    );
    assert.deepEqual(watcher.batches[0]?.[0], {
      name: 'theirs',
      namespace: 'apps',
      uid: 'u2',
      deleted: false,
      source: 'Listed',
      resourceVersion: '5',
      generation: 1,
      status: { phase: 'Running' },
      createdAt: '2026-01-01T00:00:00Z',
      deletingSince: undefined,
      operationId: 'id-1',
      spec: { type: 'Backup', engine: 'velero', target: 'shop', parameters: { ttl: '24h' } },
      managers: [{ manager: 'kubectl', operation: 'Apply', at: '2026-01-01T00:00:00Z', ownsTarget: true }],
    });
    assert.equal(watcher.batches[0]?.[1]?.spec?.parameters, undefined);
  });
});

describe('a kind that may not be watched', () => {
  test('if it is applications, stops no Operations, and is reported as a limit', async () => {
    const watcher = recorder();
    await within({ [`${operations}/operations`]: [operationObject('a', '1', 'Running')] }, watcher, async () => {
      await until(() => watcher.states.length > 0, 'reported');
    });
    assert.deepEqual(watcher.states[0], {
      kind: 'Watching',
      limited: [
        {
          resource: 'applicationinstances',
          reason: 'Refused',
          message: `${applications}/applicationinstances is forbidden`,
        },
      ],
    });
    assert.deepEqual(watcher.observations(), ['a Running']);
  });

  test('in the whole cluster is watched by namespace; a namespace that is refused takes nothing from the others', async () => {
    const names = ['apps', 'closed'];
    const watcher = recorder(undefined, () => names);
    const lists = {
      [`${operations}/namespaces/apps/operations`]: [operationObject('a', '1', 'Running')],
      [`${applications}/namespaces/apps/applicationinstances`]: [application],
    };
    await within(lists, watcher, async ({ lists, watches }) => {
      await until(() => watcher.states.length > 0, 'reported');
      assert.partialDeepStrictEqual(watcher.states[0], { kind: 'Watching' });
      const limited = watcher.states.findLast((state) => state.kind === 'Watching')?.limited ?? [];
      assert.deepEqual(
        new Set(
          limited
            .filter(({ reason }) => reason === 'Refused')
            .map(({ resource, namespace }) => `${resource} ${namespace}`),
        ),
        new Set(['operations closed', 'applicationinstances closed']),
      );
      assert.ok(watches.has(`${operations}/namespaces/apps/operations`));
      assert.equal(watcher.applicationLists[0]?.namespace, 'apps');

      names.push('new');
      lists.set(`${operations}/namespaces/new/operations`, [operationObject('b', '2', 'Running')]);
      lists.set(`${applications}/namespaces/new/applicationinstances`, []);
      await until(() => watcher.observations().includes('b Running'), 'a namespace that was registered is followed');

      lists.set(`${operations}/namespaces/closed/operations`, [operationObject('c', '3', 'Running')]);
      await until(() => watcher.observations().includes('c Running'), 'a right that was granted is used');

      lists.set(`${operations}/operations`, []);
      await until(() => watches.has(`${operations}/operations`), 'the whole cluster is watched once it may be');
      await until(() => !watches.has(`${operations}/namespaces/apps/operations`), 'and the namespaces no more');
    });
  });

  test('in the whole cluster for a moment, as by an API server that has just started, is tried again soon', async () => {
    let started = () => {};
    const watcher = recorder(undefined, () => {
      started();
      return ['apps'];
    });
    await within(
      { [`${applications}/applicationinstances`]: [] },
      watcher,
      async ({ lists, watches }) => {
        started = () => lists.set(`${operations}/operations`, []);
        await until(() => watches.has(`${operations}/operations`), 'the whole cluster is watched');
      },
      { wholeClusterSeconds: [600, 600] },
    );
  });

  test('anywhere is an interruption if it is Operations, in the words of the cluster', async () => {
    const watcher = recorder(undefined, () => ['apps']);
    await within({ [`${applications}/applicationinstances`]: [] }, watcher, async () => {
      await until(() => watcher.states.length > 0, 'reported');
    });
    assert.partialDeepStrictEqual(watcher.states[0], {
      kind: 'Interrupted',
      failure: { kind: 'Refused', message: `${operations}/namespaces/apps/operations is forbidden` },
    });
  });

  // One connection over HTTP/2 carries them all.
  if (!multiplexed()) {
    test('for want of connections is listed now and then, and that is reported', async () => {
      const names = ['n1', 'n2', 'n3'];
      const watcher = recorder(undefined, () => names);
      const lists: Record<string, readonly object[]> = { [`${applications}/applicationinstances`]: [] };
      for (const name of names) lists[`${operations}/namespaces/${name}/operations`] = [];
      await within(lists, watcher, async ({ lists }, server) => {
        await until(() => watcher.states.length > 0, 'reported');
        for (const name of names)
          lists.set(`${operations}/namespaces/${name}/operations`, [operationObject(name, '1', 'Running')]);
        await until(() => watcher.observations().length >= 2, 'two are seen by listing');
        assert.ok(server.peak() <= 3, `${server.peak()} connections`);
      });
      const state = watcher.states.findLast(({ kind }) => kind === 'Watching');
      const reasons = state?.kind === 'Watching' ? state.limited?.map(({ reason }) => reason) : [];
      assert.deepEqual(reasons, ['Polled', 'Polled']);
    });
  }
});
