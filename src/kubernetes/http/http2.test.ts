/** Only HTTP/2 has these: many streams on one connection, and faults that take the whole connection. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createSecureServer } from 'node:http2';
import { connect, createServer, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { newAuthority, newCertificate } from '../../../test/support/kubernetes/certificates.ts';
import { type Recorder, recorder } from '../../../test/support/kubernetes/recorder.ts';
import {
  answerJson,
  manifest,
  operationObject,
  type Scripted,
  scripted,
  silentLog,
  soon,
  speak,
  targetOf,
  until,
} from '../../../test/support/kubernetes/scripted-cluster.ts';
import { quiet, watchTimings } from '../../../test/support/kubernetes/scripted-watch.ts';
import { within } from '../../../test/support/until.ts';
import { clusterApi } from '../cluster-api.ts';

speak('HTTP/2');

const timings = { ...watchTimings, silentSeconds: 5, callSeconds: 1, pingSeconds: 0.1 };

interface BreakableProxy extends AsyncDisposable {
  readonly server: string;
  /** From now on nothing passes on the connections that are open; new ones are well. */
  mute(): void;
  cut(): void;
  readonly peak: () => number;
}

/** A TCP proxy before `server` that can be cut, and can go mute while its connections stay open. */
async function startProxy(server: string): Promise<BreakableProxy> {
  const pairs = new Set<{ near: Socket; far: Socket }>();
  let peak = 0;
  const listener = createServer((near) => {
    const far = connect(Number(new URL(server).port), '127.0.0.1');
    const pair = { near, far };
    pairs.add(pair);
    peak = Math.max(peak, pairs.size);
    const end = () => {
      near.destroy();
      far.destroy();
      pairs.delete(pair);
    };
    for (const socket of [near, far]) socket.on('error', end).on('close', end);
    near.pipe(far);
    far.pipe(near);
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    server: `https://127.0.0.1:${port}`,
    mute() {
      for (const { near, far } of pairs) {
        near.unpipe(far);
        far.unpipe(near);
        near.resume();
        far.resume();
      }
    },
    cut() {
      for (const { near } of pairs) near.destroy();
    },
    peak: () => peak,
    async [Symbol.asyncDispose]() {
      for (const { near, far } of pairs) {
        near.destroy();
        far.destroy();
      }
      listener.close();
    },
  };
}

interface Running {
  readonly server: Scripted;
  readonly proxy: BreakableProxy;
  readonly api: ReturnType<typeof clusterApi>;
  readonly target: ReturnType<typeof targetOf>;
  readonly watches: readonly { version: string; response: ServerResponse }[];
}

/** A cluster that answers everything at once and whose watches stay open, watched through a proxy. */
async function running(watcher: Recorder, work: (running: Running) => Promise<void>): Promise<void> {
  const watches: { version: string; response: ServerResponse }[] = [];
  await using server = await scripted((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'https://x');
    if (request.method === 'PATCH') answerJson(response, 200, operationObject('a', '1', 'Pending'));
    else if (pathname.endsWith('/applicationinstances')) quiet(searchParams, response);
    else if (searchParams.get('watch') !== 'true')
      answerJson(response, 200, { metadata: { resourceVersion: '10' }, items: [] });
    else {
      watches.push({ version: searchParams.get('resourceVersion') ?? '', response });
      quiet(searchParams, response);
    }
  });
  await using proxy = await startProxy(server.target.access.server);
  const target = targetOf({ ...server.target.access, server: proxy.server });
  const api = clusterApi({ log: silentLog, timings });
  const stop = new AbortController();
  const watched = api.watch(target, watcher, stop.signal);
  try {
    await until(() => watcher.states.length > 0, 'it is watched');
    await work({ server, proxy, api, target, watches });
  } finally {
    stop.abort();
    await watched;
    await api.close();
  }
  assert.ok(proxy.peak() <= 3, `${proxy.peak()} connections at once`);
}

describe('over HTTP/2', () => {
  test('watches and calls share one connection', async () => {
    await running(recorder(), async ({ server, api, target }) => {
      const answers = await Promise.all(Array.from({ length: 80 }, () => api.apply(target, manifest('a'), soon())));
      assert.deepEqual(new Set(answers.map(({ kind }) => kind)), new Set(['Applied']));
      assert.equal(server.connectionCount(), 1);
    });
  });

  test('pings notice a connection that goes mute, and another takes its place without a report', async () => {
    const watcher = recorder();
    await running(watcher, async ({ proxy, server, watches, api, target }) => {
      proxy.mute();
      await until(() => watches.length >= 2, 'the watch was resumed');
      assert.equal(server.connectionCount(), 2);
      assert.ok(watcher.states.every(({ kind }) => kind === 'Watching'));
      assert.equal(watcher.lists.length, 1);
      assert.partialDeepStrictEqual(await api.apply(target, manifest('a'), soon()), { kind: 'Applied' });
    });
  });

  test('a connection that is cut costs no watch its place, and no later call', async () => {
    await running(recorder(), async ({ proxy, watches, api, target }) => {
      proxy.cut();
      await until(() => watches.length >= 2, 'the watch was resumed');
      assert.equal((await api.apply(target, manifest('a'), soon())).kind, 'Applied');
    });
  });

  test('a call that takes too long ends alone: the watches beside it go on', async () => {
    const watcher = recorder();
    await using server = await scripted((request, response) => {
      const { searchParams } = new URL(request.url ?? '', 'https://x');
      if (request.method !== 'PATCH') quiet(searchParams, response);
    });
    const api = clusterApi({ log: silentLog, timings });
    const stop = new AbortController();
    const watched = api.watch(server.target, watcher, stop.signal);
    await until(() => watcher.states.length > 0, 'it is watched');
    assert.equal((await api.apply(server.target, manifest('a'), soon())).kind, 'Unreachable');
    assert.equal(server.connectionCount(), 1);
    assert.equal(server.requests.filter(({ url }) => url.includes('watch=true')).length, 2);
    stop.abort();
    await watched;
    await api.close();
  });

  test('after a GOAWAY calls and watches move to another connection without a report', async () => {
    const watcher = recorder();
    await running(watcher, async ({ server, watches, api, target }) => {
      for (let round = 0; round < 5; round += 1) {
        const count = watches.length;
        server.goAway();
        await until(() => watches.length > count, 'the watch has moved over');
        assert.partialDeepStrictEqual(await api.apply(target, manifest('a'), soon()), { kind: 'Applied' });
      }
      await until(() => server.openSockets() === 1, 'the old connections are closed');
      assert.ok(watcher.states.every(({ kind }) => kind === 'Watching'));
    });
  });

  test('calls to a cluster that allows no stream end in time', async () => {
    const authority = await newAuthority();
    const pair = await newCertificate(authority);
    const server = createSecureServer({
      cert: pair.certificate,
      key: pair.key,
      settings: { maxConcurrentStreams: 0 },
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const api = clusterApi({ log: silentLog, timings });
    const target = targetOf({ server: `https://127.0.0.1:${port}`, ca: authority.certificate, token: 't' });
    const calls = Array.from({ length: 5 }, () => api.apply(target, manifest('a'), soon()));
    const answers = await within('every call', 4, Promise.all(calls));
    assert.deepEqual(new Set(answers.map(({ kind }) => kind)), new Set(['Unreachable']));
    await api.close();
    server.close();
  });

  test('forty namespaces are watched over one connection', async () => {
    const names = Array.from({ length: 40 }, (_, index) => `n${index}`);
    const watcher = recorder(undefined, () => names);
    await using server = await scripted((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'https://x');
      if (pathname.includes('/namespaces/')) quiet(searchParams, response);
      else answerJson(response, 403, { kind: 'Status', reason: 'Forbidden', message: 'no' });
    });
    const api = clusterApi({ log: silentLog, timings: { ...timings, silentSeconds: 10 } });
    const stop = new AbortController();
    const watched = api.watch(server.target, watcher, stop.signal);
    await until(() => watcher.states.length > 0, 'all are watched');
    assert.deepEqual(watcher.states[0], { kind: 'Watching' });
    assert.equal(new Set(server.requests.map(({ url }) => url).filter((url) => url.includes('watch=true'))).size, 80);
    assert.equal(server.peak(), 1);
    stop.abort();
    await watched;
    await api.close();
  });
});
