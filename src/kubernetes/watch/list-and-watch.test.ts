import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { recorder } from '../../../test/support/kubernetes/recorder.ts';
import {
  answerJson,
  operationObject,
  scripted,
  silentLog,
  until,
} from '../../../test/support/kubernetes/scripted-cluster.ts';
import {
  bookmark,
  quiet,
  type ScriptedWatches,
  type WatchRequest,
  watching,
  watchTimings,
} from '../../../test/support/kubernetes/scripted-watch.ts';
import type { CompleteList } from '../../core/observation/ports.ts';
import { clusterApi } from '../cluster-api.ts';

describe('a watch', () => {
  test('lists, hands over, says which resources are present, then follows', async () => {
    const watcher = recorder();
    const versions: string[] = [];
    const cluster: ScriptedWatches = {
      lists: () => [operationObject('a', '5', 'Running'), operationObject('b', '6', 'Pending')],
      watch: ({ version, event }) => {
        versions.push(version);
        event('MODIFIED', operationObject('b', '11', 'Running'));
        event('DELETED', operationObject('a', '12', 'Running'));
      },
    };
    await watching(cluster, watcher, async () => {
      await until(() => watcher.observations().includes('a deleted'), 'the deletion was seen');
      await until(() => watcher.states.length > 0, 'it was reported');
    });
    assert.deepEqual(watcher.observations(), ['a Running', 'b Pending', 'b Running', 'a deleted']);
    assert.deepEqual(watcher.lists, [new Set(['apps/a', 'apps/b'])]);
    assert.equal(versions[0], '10');
    assert.deepEqual(watcher.states[0], { kind: 'Watching' });
  });

  test('begins at once after a list, and goes on at once after a watch that ended by its timeout', async () => {
    const watcher = recorder();
    let watchCount = 0;
    const cluster: ScriptedWatches = {
      lists: () => [],
      watch: ({ response, event }, count) => {
        watchCount = count;
        event('BOOKMARK', bookmark('11'));
        if (count < 3) response.end();
      },
    };
    const waits = { backOffSeconds: [600, 600] };
    await watching(cluster, watcher, () => until(() => watchCount === 3, 'the third watch'), waits);
  });

  test('reads a list in pages, and begins again when it expires half way', async () => {
    let expired = false;
    const watcher = recorder();
    await using server = await scripted((request, response) => {
      const query = new URL(request.url ?? '', 'https://x').searchParams;
      if (query.get('watch') === 'true') return void response.writeHead(200).flushHeaders();
      const next = query.get('continue');
      if (next === null)
        return answerJson(response, 200, {
          metadata: { resourceVersion: '7', continue: 'page 2&x' },
          items: [operationObject('a', '1', 'Running')],
        });
      if (!expired) {
        expired = true;
        return answerJson(response, 410, { kind: 'Status', reason: 'Expired', code: 410 });
      }
      assert.equal(next, 'page 2&x');
      answerJson(response, 200, { metadata: { resourceVersion: '7' }, items: [operationObject('b', '2', 'Running')] });
    });
    const api = clusterApi({ log: silentLog, timings: watchTimings });
    const stop = new AbortController();
    const watched = api.watch(server.target, watcher, stop.signal);
    await until(() => watcher.lists.length === 1, 'the list was complete');
    stop.abort();
    await watched;
    await api.close();
    assert.deepEqual(watcher.lists, [new Set(['apps/a', 'apps/b'])]);
    assert.equal(server.requests[0]?.url, '/apis/ops.vworkspace.io/v1alpha1/operations?limit=500');
  });

  test('asks for fewer resources at once when a page is larger than 4 MiB, and misses none', async () => {
    const watcher = recorder();
    const all = Array.from({ length: 9 }, (_, n) => {
      const object = operationObject(`large-${n}`, String(n + 1), 'Running');
      return { ...object, spec: { parameters: { padding: 'x'.repeat(1_000_000) } } };
    });
    const limits: string[] = [];
    await using server = await scripted((request, response) => {
      const query = new URL(request.url ?? '', 'https://x').searchParams;
      if (query.get('watch') === 'true') return void response.writeHead(200).flushHeaders();
      limits.push(`${query.get('continue') ?? 'first'}: ${query.get('limit')}`);
      const from = Number(query.get('continue') ?? 0);
      const to = Math.min(all.length, from + Number(query.get('limit')));
      const next = to < all.length && { continue: String(to) };
      answerJson(response, 200, { metadata: { resourceVersion: '20', ...next }, items: all.slice(from, to) });
    });
    const api = clusterApi({ log: silentLog, timings: watchTimings });
    const stop = new AbortController();
    const watched = api.watch(server.target, watcher, stop.signal);
    await until(() => watcher.lists.length === 1, 'the list was complete');
    stop.abort();
    await watched;
    await api.close();
    assert.equal(watcher.lists[0]?.size, all.length);
    for (const expected of ['first: 500', 'first: 100', 'first: 20', 'first: 4', '4: 4', '8: 4'])
      assert.ok(limits.includes(expected), limits.join(', '));
  });

  const noLists = {
    garbled: '{"metadata": {"resourceVersion": "10"}, "items": [{"meta\u0000',
    'of something else': '{"status": "fine"}',
    'cut short': undefined,
  } as const;
  for (const [name, text] of Object.entries(noLists)) {
    test(`takes a list that is ${name} for a failure: no resource counts as missing, and it lists again`, async () => {
      const watcher = recorder();
      let listCount = 0;
      await using server = await scripted((request, response) => {
        const { pathname, searchParams: query } = new URL(request.url ?? '', 'https://x');
        if (pathname.endsWith('/applicationinstances')) return quiet(query, response);
        if (query.get('watch') === 'true') return void response.writeHead(200).flushHeaders();
        listCount += 1;
        const whole = JSON.stringify({
          metadata: { resourceVersion: '7' },
          items: [operationObject('a', '1', 'Running')],
        });
        if (listCount > 3) return void response.end(whole);
        response.writeHead(200, { 'content-length': text === undefined ? whole.length : Buffer.byteLength(text) });
        if (text !== undefined) return void response.end(text);
        response.write(whole.slice(0, -20), () => response.socket?.destroy());
      });
      const api = clusterApi({ log: silentLog, timings: watchTimings });
      const stop = new AbortController();
      const watched = api.watch(server.target, watcher, stop.signal);
      await until(() => watcher.lists.length > 0, 'a list was complete');
      stop.abort();
      await watched;
      await api.close();
      assert.equal(listCount, 4);
      assert.deepEqual(watcher.lists, [new Set(['apps/a'])]);
      assert.deepEqual(watcher.observations(), ['a Running']);
      assert.equal(watcher.states[0]?.kind, 'Interrupted');
    });
  }

  const ends: Readonly<Record<string, (asked: WatchRequest) => void>> = {
    'ended by the cluster': ({ response }) => response.end(),
    'dropped by the network': ({ response }) => response.socket?.destroy(),
    'cut in the middle of an event': ({ response }) => response.end('{"type":"MODIFIED","object":{"meta'),
    'silent (half-open)': () => undefined,
    'ended with an overload': ({ response, event }) => {
      event('ERROR', { kind: 'Status', code: 503, reason: 'ServiceUnavailable', message: 'later' });
      response.end();
    },
  };
  for (const [name, end] of Object.entries(ends)) {
    test(`that is ${name} goes on where it was, without a list`, async () => {
      const watcher = recorder();
      const versions: string[] = [];
      const cluster: ScriptedWatches = {
        lists: () => [],
        watch: (asked, count) => {
          versions.push(asked.version);
          if (count > 2) return;
          asked.event('ADDED', operationObject(`n${count}`, `1${count}`, 'Running'));
          asked.event('BOOKMARK', bookmark(`2${count}`));
          setTimeout(() => end(asked), 20);
        },
      };
      await watching(cluster, watcher, async () => {
        await until(() => versions.length >= 3, 'the watch was resumed twice');
      });
      assert.deepEqual(versions.slice(0, 3), ['10', '21', '22']);
      assert.deepEqual(watcher.observations(), ['n1 Running', 'n2 Running']);
      assert.equal(watcher.lists.length, 1);
      assert.ok(watcher.states.every(({ kind }) => kind === 'Watching'));
    });
  }

  test('of a cluster without bookmarks is listed once for its silence, then ends before it would count as silent', async () => {
    const watcher = recorder();
    const asked: number[] = [];
    const cluster: ScriptedWatches = {
      lists: () => [],
      watch: ({ response, seconds }) => {
        asked.push(seconds);
        setTimeout(() => response.end(), seconds * 1000).unref();
      },
    };
    const timings = { silentSeconds: 2.6, relistAfterBreakSeconds: [0, 0.1] } as const;
    await watching(cluster, watcher, async () => until(() => asked.length >= 3, 'three watches'), timings);
    assert.ok((asked[0] ?? 0) >= 300);
    assert.deepEqual(asked.slice(1, 3), [2, 2]);
    assert.equal(watcher.lists.length, 2);
    assert.ok(watcher.states.every(({ kind }) => kind === 'Watching'));
  });

  test('of a cluster that was restored to an older state lists again, because from its version it would hear nothing', async () => {
    const watcher = recorder();
    let version = 30;
    const cluster: ScriptedWatches = {
      lists: () => (version === 30 ? [operationObject('a', '21', 'Running')] : []),
      version: () => String(version),
      watch: ({ version: from, response }) => {
        if (from !== '30') return;
        version = 12;
        response.destroy();
      },
    };
    const timings = { relistAfterBreakSeconds: [0.05, 0.1] } as const;
    await watching(cluster, watcher, async () => until(() => watcher.lists.length === 2, 'a second list'), timings);
    assert.deepEqual(watcher.lists, [new Set(['apps/a']), new Set()]);
  });

  test('whose version is too old lists again, and resources that vanished meanwhile are not present', async () => {
    const watcher = recorder();
    let version = 10;
    const cluster: ScriptedWatches = {
      lists: () =>
        version === 10
          ? [operationObject('a', '1', 'Running'), operationObject('b', '2', 'Running')]
          : [operationObject('b', '2', 'Running')],
      version: () => String(version),
      watch: ({ version: from, event }) => {
        if (from !== '10') return;
        version = 30;
        event('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' });
      },
    };
    await watching(cluster, watcher, async () => until(() => watcher.lists.length === 2, 'a second list'));
    assert.deepEqual(watcher.lists, [new Set(['apps/a', 'apps/b']), new Set(['apps/b'])]);
  });

  test('begins a list only when what it heard before is recorded, so that a list tells older rows from newer ones', async () => {
    let recordedAt = '';
    const beganAt: string[] = [];
    const kept = recorder(async () => {
      if (kept.batches.length !== 2) return;
      await pause(50);
      recordedAt = new Date().toISOString();
    });
    const operations = {
      ...kept.operations,
      listed: async (list: CompleteList) => void beganAt.push(list.beganAt),
    };
    const cluster: ScriptedWatches = {
      lists: () => [operationObject('a', '1', 'Pending')],
      watch: ({ event }) => {
        event('MODIFIED', operationObject('a', '11', 'Running'));
        event('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' });
      },
    };
    await watching(cluster, { ...kept, operations }, async () => until(() => beganAt.length >= 2, 'a second list'));
    assert.ok(recordedAt !== '' && String(beganAt[1]) >= recordedAt, `${beganAt[1]} is before ${recordedAt}`);
  });

  test('that is answered with 410 lists again', async () => {
    const watcher = recorder();
    await using server = await scripted((request, response) => {
      if (request.url?.includes('watch=true'))
        answerJson(response, 410, { kind: 'Status', reason: 'Expired', code: 410, message: 'too old' });
      else answerJson(response, 200, { metadata: { resourceVersion: '1' }, items: null });
    });
    const api = clusterApi({ log: silentLog, timings: watchTimings });
    const stop = new AbortController();
    const watched = api.watch(server.target, watcher, stop.signal);
    await until(() => watcher.lists.length >= 2, 'a second list');
    stop.abort();
    await watched;
    await api.close();
    assert.deepEqual(watcher.states, []);
  });

  test('lists in between, whatever it hears', async () => {
    const watcher = recorder();
    const cluster: ScriptedWatches = {
      lists: () => [],
      watch: ({ event, response }) => {
        event('BOOKMARK', bookmark('11'));
        setTimeout(() => response.end(), 20);
      },
    };
    await watching(cluster, watcher, async () => until(() => watcher.lists.length >= 3, 'three lists'), {
      relistSeconds: [0, 0.01],
    });
  });
});
