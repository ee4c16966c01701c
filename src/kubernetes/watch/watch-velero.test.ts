/** Velero's resources are optional: what the cluster refuses of them is asked for seldom, and holds up nothing else. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { recorder } from '../../../test/support/kubernetes/recorder.ts';
import {
  answerJson,
  type Scripted,
  scripted,
  silentLog,
  speak,
  until,
} from '../../../test/support/kubernetes/scripted-cluster.ts';
import { quiet, watchTimings } from '../../../test/support/kubernetes/scripted-watch.ts';
import type { VeleroWatcher } from '../../core/velero/ports.ts';
import { clusterApi } from '../cluster-api.ts';
import type { Timings } from '../timings.ts';

interface World {
  readonly states: Parameters<VeleroWatcher['state']>[0][];
  readonly seen: string[];
  readonly listed: string[];
  /** The status with which a kind is refused. */
  readonly refused: Map<string, number>;
  /** How often a kind was asked for: the question whether it may be listed, lists, and watches. */
  asked(resource: string): { readonly questions: number; readonly lists: number; readonly watches: number };
  /** The kinds that are being watched. */
  readonly open: ReadonlySet<string>;
  /** Ends the watch of a kind. */
  end(resource: string): void;
}

// Over HTTP/1.1 three connections would not carry five watches.
speak('HTTP/2');

const names: Readonly<Record<string, string>> = {
  backups: 'nightly',
  restores: 'back',
  backupstoragelocations: 'default',
};
const long = [1_000, 1_000] as const;

/** A cluster of these refusals while `work` runs. */
async function following(
  refused: Readonly<Record<string, number>>,
  timings: Partial<Timings>,
  work: (world: World) => Promise<void>,
): Promise<void> {
  const ends = new Map<string, () => void>();
  const open = new Set<string>();
  const found: { server?: Scripted } = {};
  const requests = (resource: string) =>
    (found.server?.requests ?? [])
      .map(({ url }) => new URL(url, 'https://x'))
      .filter(({ pathname }) => pathname === `/apis/velero.io/v1/namespaces/velero/${resource}`)
      .map(({ searchParams }) => searchParams);
  const world: World = {
    states: [],
    seen: [],
    listed: [],
    refused: new Map(Object.entries(refused)),
    asked: (resource) => ({
      questions: requests(resource).filter((query) => query.get('limit') === '1').length,
      lists: requests(resource).filter((query) => query.get('limit') !== '1' && query.get('watch') !== 'true').length,
      watches: requests(resource).filter((query) => query.get('watch') === 'true').length,
    }),
    open,
    end: (resource) => ends.get(resource)?.(),
  };
  await using server = await scripted((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'https://x');
    if (!pathname.startsWith('/apis/velero.io/')) return quiet(searchParams, response);
    const resource = pathname.split('/').at(-1) ?? '';
    const status = world.refused.get(resource);
    if (status !== undefined) return answerJson(response, status, { kind: 'Status', message: `${resource}: no` });
    if (searchParams.get('watch') === 'true') {
      open.add(resource);
      ends.set(resource, () => response.end());
      response.on('close', () => open.delete(resource));
      return quiet(searchParams, response);
    }
    const metadata = { name: names[resource], namespace: 'velero', uid: `u-${resource}`, resourceVersion: '2' };
    answerJson(response, 200, { metadata: { resourceVersion: '3' }, items: [{ metadata, spec: {}, status: {} }] });
  });
  found.server = server;
  const api = clusterApi({ log: silentLog, timings: { ...watchTimings, ...timings } });
  const stop = new AbortController();
  const velero: VeleroWatcher = {
    namespace: async () => 'velero',
    seen: async (observations) => void world.seen.push(...observations.map(({ kind, name }) => `${kind} ${name}`)),
    listed: async (kind, { present }) => void world.listed.push(...[...present].map((each) => `${kind} ${each}`)),
    state: async (state) => void world.states.push(state),
  };
  const watched = api.watch(server.target, { ...recorder(), velero }, stop.signal);
  try {
    await work(world);
  } finally {
    stop.abort();
    await watched;
    await api.close();
  }
}

describe("Velero's resources", { concurrency: true }, () => {
  test('are followed, all three kinds, once each may be listed', async () => {
    await following({}, { optionalSeconds: long }, async ({ states, seen, listed, asked }) => {
      await until(() => states.some(({ kind }) => kind === 'Watching'), 'Watching');
      assert.deepEqual(states[0], { kind: 'Watching' });
      assert.deepEqual(seen.toSorted(), ['Backup nightly', 'BackupStorageLocation default', 'Restore back']);
      assert.deepEqual(listed.toSorted(), [
        'Backup velero/nightly',
        'BackupStorageLocation velero/default',
        'Restore velero/back',
      ]);
      assert.equal(asked('backups').questions, 1);
    });
  });

  test('are asked for by one call while Backups are refused, and not again for minutes', async () => {
    await following({ backups: 403 }, { optionalSeconds: long }, async ({ states, asked }) => {
      await until(() => states.length > 0, 'the refusal');
      assert.equal(states[0]?.kind === 'Interrupted' && states[0].failure.kind, 'Refused');
      // Operations and applications are watched meanwhile; their watches are asked for again and again.
      assert.deepEqual(asked('backups'), { questions: 1, lists: 0, watches: 0 });
      assert.deepEqual(asked('restores'), { questions: 0, lists: 0, watches: 0 });
    });
  });

  test('are followed once the right is granted, and after a failure that passes within seconds', async () => {
    await following({ backups: 403 }, { optionalSeconds: [0.02, 0.04], refusedSeconds: long }, async (world) => {
      await until(() => world.asked('backups').questions >= 3, 'further questions');
      world.refused.delete('backups');
      await until(() => world.states.at(-1)?.kind === 'Watching', 'Watching');
    });
    await following({ backups: 500 }, { optionalSeconds: long, refusedSeconds: [0.02, 0.04] }, async (world) => {
      await until(() => world.states.length > 0, 'the failure');
      world.refused.delete('backups');
      await until(() => world.states.at(-1)?.kind === 'Watching', 'Watching');
    });
  });

  test('are followed without a kind that is refused, which is named and not asked for again for minutes', async () => {
    await following({ restores: 403 }, { optionalSeconds: long }, async ({ states, seen, asked, end }) => {
      await until(() => states.some(({ kind }) => kind === 'Watching'), 'Watching');
      const [state] = states;
      assert.deepEqual(state?.kind === 'Watching' && state.limited?.map(({ resource, reason }) => [resource, reason]), [
        ['restores', 'Refused'],
      ]);
      assert.deepEqual(seen.toSorted(), ['Backup nightly', 'BackupStorageLocation default']);
      const before = asked('backups').watches;
      end('backups');
      await until(() => asked('backups').watches > before, 'another watch of Backups');
      assert.deepEqual(asked('restores'), { questions: 0, lists: 1, watches: 0 });
    });
  });

  test('are let go of, all kinds, when the right to Backups is taken', async () => {
    await following({}, { optionalSeconds: long }, async ({ states, refused, open, end }) => {
      await until(() => open.size === 3, 'three watches');
      refused.set('backups', 403);
      end('backups');
      await until(() => states.at(-1)?.kind === 'Interrupted', 'the refusal');
      await until(() => open.size === 0, 'the end of the other watches');
    });
  });
});
