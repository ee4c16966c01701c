/** An interruption of the watch is reported with its reason, and the watch goes on once it has passed. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { recorder } from '../../../test/support/kubernetes/recorder.ts';
import { answerJson, scripted, silentLog, targetOf, until } from '../../../test/support/kubernetes/scripted-cluster.ts';
import { type ScriptedWatches, watching, watchTimings } from '../../../test/support/kubernetes/scripted-watch.ts';
import { clusterApi } from '../cluster-api.ts';

describe('a watch', () => {
  test('that the cluster refuses is reported in its words, and tried slowly', async () => {
    const watcher = recorder();
    const words = 'operations.ops.vworkspace.io is forbidden: User "u" cannot list';
    const cluster: ScriptedWatches = {
      lists: () => ({ status: 403, body: { kind: 'Status', reason: 'Forbidden', message: words } }),
      watch: () => undefined,
    };
    await watching(cluster, watcher, async () => until(() => watcher.states.length >= 2, 'two reports'));
    assert.deepEqual(watcher.states[0], {
      kind: 'Interrupted',
      failure: { kind: 'Refused', status: 403, reason: 'Forbidden', message: words },
    });
    assert.equal(watcher.lists.length, 0);
  });

  test('of a cluster that goes away is reported as interrupted, and as watching once it is back', async () => {
    const watcher = recorder();
    let away = false;
    await using server = await scripted((request, response) => {
      if (away) request.socket.destroy();
      else if (request.url?.includes('watch=true')) response.writeHead(200).flushHeaders();
      else answerJson(response, 200, { metadata: { resourceVersion: '1' }, items: [] });
    });
    const api = clusterApi({ log: silentLog, timings: watchTimings });
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

  test('of a cluster that is not there is reported in words', async () => {
    const watcher = recorder();
    const api = clusterApi({ log: silentLog, timings: watchTimings });
    const stop = new AbortController();
    const watched = api.watch(targetOf({ server: 'https://127.0.0.1:1' }), watcher, stop.signal);
    await until(() => watcher.states.length >= 2, 'reported');
    stop.abort();
    await watched;
    await api.close();
    assert.partialDeepStrictEqual(watcher.states[0], {
      kind: 'Interrupted',
      failure: { kind: 'Unreachable', message: 'connect ECONNREFUSED 127.0.0.1:1' },
    });
  });

  test('with an access that cannot be used reports that and waits for its end', async () => {
    const watcher = recorder();
    const api = clusterApi({ log: silentLog, timings: watchTimings });
    const stop = new AbortController();
    const watched = api.watch(targetOf({ server: 'http://127.0.0.1:1' }), watcher, stop.signal);
    await until(() => watcher.states.length === 1, 'reported');
    await api.close();
    await watched;
  });

  test('keeps the token out of its reports', async () => {
    const watcher = recorder();
    await using server = await scripted((request, response) =>
      answerJson(response, 500, { kind: 'Status', message: `${request.headers.authorization}` }),
    );
    const api = clusterApi({ log: silentLog, timings: watchTimings });
    const stop = new AbortController();
    const watched = api.watch(server.target, watcher, stop.signal);
    await until(() => watcher.states.length >= 1, 'reported');
    stop.abort();
    await watched;
    await api.close();
    assert.doesNotMatch(JSON.stringify(watcher.states), /canary/);
  });
});
