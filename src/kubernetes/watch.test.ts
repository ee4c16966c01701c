import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, test } from 'node:test';
import { clusterApi } from './cluster-api.ts';
import { answerJson, operationObject, type Recorder, recorder, type Script, type Scripted, scripted, silentLog, targetOf, until } from './testing.ts';

const timings = {
  connectSeconds: 0.5,
  callSeconds: 1,
  pageSeconds: 1,
  silentSeconds: 0.3,
  backOffSeconds: [0.01, 0.05],
  refusedSeconds: [0.05, 0.1],
} as const;

interface Asked {
  readonly version: string;
  readonly response: ServerResponse;
  event(type: string, object: object): void;
}
interface Cluster {
  readonly lists: () => readonly object[] | { readonly status: number; readonly body?: object };
  readonly version?: () => string;
  readonly watch: (asked: Asked, count: number) => void;
}

/** A cluster with one page, whose watches are scripted; ends the watch and closes everything after `work`. */
async function watching(cluster: Cluster, watcher: Recorder, work: (server: Scripted) => Promise<void>, more: object = {}): Promise<void> {
  let count = 0;
  const script: Script = (request, response) => {
    const query = new URL(request.url ?? '', 'https://x').searchParams;
    if (query.get('watch') !== 'true') {
      const items = cluster.lists();
      if (!('status' in items)) answerJson(response, 200, { metadata: { resourceVersion: cluster.version?.() ?? '10' }, items });
      else answerJson(response, items.status, items.body ?? {});
      return;
    }
    count += 1;
    assert.equal(query.get('allowWatchBookmarks'), 'true');
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const event = (type: string, object: object) => response.write(`${JSON.stringify({ type, object })}\n`);
    cluster.watch({ version: query.get('resourceVersion') ?? '', response, event }, count);
  };
  await using server = await scripted(script);
  const api = clusterApi({ log: silentLog, timings: { ...timings, ...more } });
  const stop = new AbortController();
  const watched = api.watch(server.target, watcher, stop.signal);
  try {
    await work(server);
  } finally {
    stop.abort();
    const startedAt = performance.now();
    await watched;
    assert.ok(performance.now() - startedAt < 1000, 'the watch did not end promptly');
    await api.close();
  }
  await until(() => server.openSockets() === 0, 'all sockets closed');
  assert.ok(server.peak() <= 1, `${server.peak()} connections for one watch`);
}

const bookmark = (version: string) => ({ kind: 'Operation', metadata: { resourceVersion: version } });

describe('a watch', () => {
  test('lists, hands over, tells what is present, then follows', async () => {
    const watcher = recorder();
    const versions: string[] = [];
    const cluster: Cluster = {
      lists: () => [operationObject('a', '5', 'Running'), operationObject('b', '6', 'Pending')],
      watch: ({ version, event }) => {
        versions.push(version);
        event('MODIFIED', operationObject('b', '11', 'Running'));
        event('DELETED', operationObject('a', '12', 'Running'));
      },
    };
    await watching(cluster, watcher, async () => {
      await until(() => watcher.observations().includes('a deleted'), 'the deletion was seen');
    });
    assert.deepEqual(watcher.observations(), ['a Running', 'b Pending', 'b Running', 'a deleted']);
    assert.deepEqual(watcher.lists, [new Set(['apps/a', 'apps/b'])]);
    assert.equal(versions[0], '10');
    assert.deepEqual(watcher.states, [{ kind: 'Watching' }]);
  });

  test('reads a list in pages, and begins again when it expires half way', async () => {
    let expired = false;
    const watcher = recorder();
    await using server = await scripted((request, response) => {
      const query = new URL(request.url ?? '', 'https://x').searchParams;
      if (query.get('watch') === 'true') return void response.writeHead(200).flushHeaders();
      const next = query.get('continue');
      if (next === null) return answerJson(response, 200, { metadata: { resourceVersion: '7', continue: 'page 2&x' }, items: [operationObject('a', '1', 'Running')] });
      if (!expired) {
        expired = true;
        return answerJson(response, 410, { kind: 'Status', reason: 'Expired', code: 410 });
      }
      assert.equal(next, 'page 2&x');
      answerJson(response, 200, { metadata: { resourceVersion: '7' }, items: [operationObject('b', '2', 'Running')] });
    });
    const api = clusterApi({ log: silentLog, timings });
    const stop = new AbortController();
    const watched = api.watch(server.target, watcher, stop.signal);
    await until(() => watcher.lists.length === 1, 'the list was complete');
    stop.abort();
    await watched;
    await api.close();
    assert.deepEqual(watcher.lists, [new Set(['apps/a', 'apps/b'])]);
    assert.equal(server.requests[0]?.url, '/apis/ops.vworkspace.io/v1alpha1/operations?limit=500');
  });

  const ends: Readonly<Record<string, (asked: Asked) => void>> = {
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
      const cluster: Cluster = {
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

  test('whose version is too old lists again, and what vanished meanwhile is not present', async () => {
    const watcher = recorder();
    let version = 10;
    const cluster: Cluster = {
      lists: () => (version === 10 ? [operationObject('a', '1', 'Running'), operationObject('b', '2', 'Running')] : [operationObject('b', '2', 'Running')]),
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

  test('that is answered with 410 lists again', async () => {
    const watcher = recorder();
    await using server = await scripted((request, response) => {
      if (request.url?.includes('watch=true')) answerJson(response, 410, { kind: 'Status', reason: 'Expired', code: 410, message: 'too old' });
      else answerJson(response, 200, { metadata: { resourceVersion: '1' }, items: null });
    });
    const api = clusterApi({ log: silentLog, timings });
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
    const cluster: Cluster = { lists: () => [], watch: ({ event, response }) => setTimeout(() => (event('BOOKMARK', bookmark('11')), response.end()), 20) };
    await watching(cluster, watcher, async () => until(() => watcher.lists.length >= 3, 'three lists'), { relistSeconds: [0, 0.01] });
  });

  test('that the cluster refuses is told with its words, and tried slowly', async () => {
    const watcher = recorder();
    const words = 'operations.ops.vworkspace.io is forbidden: User "u" cannot list';
    const cluster: Cluster = { lists: () => ({ status: 403, body: { kind: 'Status', reason: 'Forbidden', message: words } }), watch: () => undefined };
    await watching(cluster, watcher, async () => until(() => watcher.states.length >= 2, 'two tellings'));
    assert.deepEqual(watcher.states[0], { kind: 'Interrupted', failure: { kind: 'Refused', status: 403, reason: 'Forbidden', message: words } });
    assert.equal(watcher.lists.length, 0);
  });

  test('of a cluster that goes away is told as interrupted, and as watching once it is back', async () => {
    const watcher = recorder();
    let away = false;
    await using server = await scripted((request, response) => {
      if (away) request.socket.destroy();
      else if (request.url?.includes('watch=true')) response.writeHead(200).flushHeaders();
      else answerJson(response, 200, { metadata: { resourceVersion: '1' }, items: [] });
    });
    const api = clusterApi({ log: silentLog, timings });
    const stop = new AbortController();
    const watched = api.watch(server.target, watcher, stop.signal);
    const last = () => watcher.states.at(-1)?.kind;
    await until(() => last() === 'Watching', 'watching');
    away = true;
    await until(() => last() === 'Interrupted', 'interrupted');
    away = false;
    await until(() => last() === 'Watching', 'watching again');
    stop.abort();
    await watched;
    await api.close();
  });

  test('of a cluster that is not there is told in words', async () => {
    const watcher = recorder();
    const api = clusterApi({ log: silentLog, timings });
    const stop = new AbortController();
    const watched = api.watch(targetOf({ server: 'https://127.0.0.1:1' }), watcher, stop.signal);
    await until(() => watcher.states.length >= 2, 'told');
    stop.abort();
    await watched;
    await api.close();
    assert.deepEqual(watcher.states[0], { kind: 'Interrupted', failure: { kind: 'Unreachable', message: 'connect ECONNREFUSED 127.0.0.1:1' } });
  });

  test('with an access that cannot be used says so and waits for its end', async () => {
    const watcher = recorder();
    const api = clusterApi({ log: silentLog, timings });
    const stop = new AbortController();
    const watched = api.watch(targetOf({ server: 'http://127.0.0.1:1' }), watcher, stop.signal);
    await until(() => watcher.states.length === 1, 'told');
    await api.close();
    await watched;
  });

  test('keeps no token in what it tells', async () => {
    const watcher = recorder();
    await using server = await scripted((request, response) => answerJson(response, 500, { kind: 'Status', message: `${request.headers.authorization}` }));
    const api = clusterApi({ log: silentLog, timings });
    const stop = new AbortController();
    const watched = api.watch(server.target, watcher, stop.signal);
    await until(() => watcher.states.length >= 1, 'told');
    stop.abort();
    await watched;
    await api.close();
    assert.doesNotMatch(JSON.stringify(watcher.states), /canary/);
  });
});

describe('what was seen', () => {
  test('while the last batch was being written is handed over together, the newest of each resource', async () => {
    let release = () => undefined as void;
    const first = new Promise<void>((resolve) => {
      release = resolve;
    });
    let calls = 0;
    const watcher = recorder(async () => {
      calls += 1;
      if (calls === 1) await first;
    });
    const cluster: Cluster = {
      lists: () => [],
      watch: ({ event }, count) => {
        if (count > 1) return;
        event('ADDED', operationObject('a', '11', 'Pending'));
        setTimeout(() => {
          for (let index = 0; index < 50; index += 1) event('MODIFIED', operationObject('b', String(20 + index), index === 49 ? 'Succeeded' : 'Running'));
          event('DELETED', operationObject('a', '80', 'Running'));
          event('ADDED', operationObject('a', '81', 'Pending', 'another-uid'));
          event('BOOKMARK', bookmark('90'));
          setTimeout(release, 50);
        }, 50);
      },
    };
    await watching(cluster, watcher, async () => until(() => watcher.batches.length >= 2, 'two batches'));
    assert.equal(watcher.batches.length, 2);
    assert.deepEqual(watcher.observations(), ['a Pending', 'b Succeeded', 'a deleted', 'a Pending']);
  });

  test('is handed over at most 500 at once, and the reader waits for a slow writer', async () => {
    const watcher = recorder(() => new Promise((resolve) => setTimeout(resolve, 5)));
    const items = Array.from({ length: 1234 }, (_, index) => operationObject(`o${index}`, '1', 'Running'));
    await watching({ lists: () => items, watch: () => undefined }, watcher, async () => until(() => watcher.lists.length === 1, 'the list'));
    assert.equal(watcher.observations().length, 1234);
    assert.ok(watcher.batches.every(({ length }) => length <= 500));
  });

  test('and could not be recorded is listed again', async () => {
    let calls = 0;
    const watcher = recorder(async () => {
      calls += 1;
      if (calls === 2) throw new Error('the database is away');
    });
    const cluster: Cluster = {
      lists: () => [operationObject('a', '1', 'Pending')],
      watch: ({ event }, count) => void (count === 1 && event('MODIFIED', operationObject('a', '11', 'Running'))),
    };
    await watching(cluster, watcher, async () => until(() => watcher.lists.length === 2, 'a second list'));
    assert.deepEqual(watcher.observations().slice(0, 3), ['a Pending', 'a Running', 'a Pending']);
    assert.ok(watcher.states.every(({ kind }) => kind === 'Watching'));
  });

  test('nothing is handed over after the end', async () => {
    const watcher = recorder(() => new Promise((resolve) => setTimeout(resolve, 30)));
    let version = 10;
    const cluster: Cluster = {
      lists: () => [],
      watch: ({ event, response }) => {
        const timer = setInterval(() => event('MODIFIED', operationObject('a', String((version += 1)), 'Running')), 1);
        response.on('close', () => clearInterval(timer));
      },
    };
    await watching(cluster, watcher, async () => until(() => watcher.batches.length >= 2, 'some batches'));
    const count = watcher.batches.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(watcher.batches.length, count);
  });

  test('and is no Operation is passed over; strange statuses are kept as far as they can be read', async () => {
    const watcher = recorder();
    const cluster: Cluster = {
      lists: () => [{ metadata: {} }, { kind: 'Operation', metadata: { name: 'a', namespace: 'apps', uid: 'u' }, status: 'garbage' }],
      watch: ({ event, response }, count) => {
        if (count === 1) {
          event('ADDED', { metadata: { resourceVersion: '11' } });
          event('FUTURE', operationObject('z', '12', 'Running'));
          event('MODIFIED', { metadata: { name: 'b', namespace: 'apps', uid: 'u', resourceVersion: '13' }, status: { phase: 'Running', conditions: [{ type: 7 }] } });
        } else if (count === 2) response.write('this is no JSON\n');
      },
    };
    await watching(cluster, watcher, async (server) => until(() => server.requests.filter(({ url }) => url.includes('resourceVersion=13')).length >= 2, 'resumed'));
    assert.deepEqual(watcher.observations(), ['a new', 'b Running']);
  });
});
