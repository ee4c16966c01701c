import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { recorder } from '../../../test/support/kubernetes/recorder.ts';
import { operationObject, until } from '../../../test/support/kubernetes/scripted-cluster.ts';
import { bookmark, type ScriptedWatches, watching } from '../../../test/support/kubernetes/scripted-watch.ts';
import { turns } from '../../../test/support/until.ts';
import type { Observation } from '../../core/operations/rules/observed/observation.ts';
import { batchTo, HandOverFailed } from './batch.ts';

describe('observations', () => {
  test('that arrive while a batch is being written are handed over together, the newest of each resource', async () => {
    const first = Promise.withResolvers<void>();
    let calls = 0;
    const watcher = recorder(async () => {
      calls += 1;
      if (calls === 1) await first.promise;
    });
    const cluster: ScriptedWatches = {
      lists: () => [],
      // On a busy machine the watch may count as silent, and goes on where it was.
      watch: ({ event, version }) => {
        if (version === '90') return;
        if (version === '10') event('ADDED', operationObject('a', '11', 'Pending'));
        setTimeout(() => {
          for (let index = 0; index < 50; index += 1)
            event('MODIFIED', operationObject('b', String(20 + index), index === 49 ? 'Succeeded' : 'Running'));
          event('DELETED', operationObject('a', '80', 'Running'));
          event('ADDED', operationObject('a', '81', 'Pending', 'another-uid'));
          event('BOOKMARK', bookmark('90'));
          setTimeout(first.resolve, 50);
        }, 50);
      },
    };
    await watching(cluster, watcher, async () => until(() => watcher.batches.length >= 2, 'two batches'));
    assert.equal(watcher.batches.length, 2);
    assert.deepEqual(watcher.observations(), ['a Pending', 'b Succeeded', 'a deleted', 'a Pending']);
  });

  test('are handed over at most 500 at once, and the reader waits for a slow writer', async () => {
    const watcher = recorder(() => new Promise((resolve) => setTimeout(resolve, 5)));
    const items = Array.from({ length: 1234 }, (_, index) => operationObject(`o${index}`, '1', 'Running'));
    await watching({ lists: () => items, watch: () => undefined }, watcher, async () =>
      until(() => watcher.lists.length === 1, 'the list'),
    );
    assert.equal(watcher.observations().length, 1234);
    assert.ok(watcher.batches.every(({ length }) => length <= 500));
  });

  test('that could not be recorded are listed again', async () => {
    let calls = 0;
    const watcher = recorder(async () => {
      calls += 1;
      if (calls === 2) throw new Error('the database is away');
    });
    const cluster: ScriptedWatches = {
      lists: () => [operationObject('a', '1', 'Pending')],
      watch: ({ event }, count) => void (count === 1 && event('MODIFIED', operationObject('a', '11', 'Running'))),
    };
    await watching(cluster, watcher, async () => until(() => watcher.lists.length === 2, 'a second list'));
    assert.deepEqual(watcher.observations().slice(0, 3), ['a Pending', 'a Running', 'a Pending']);
    assert.ok(watcher.states.every(({ kind }) => kind === 'Watching'));
  });

  test('are not handed over after the end', async () => {
    const watcher = recorder(() => new Promise((resolve) => setTimeout(resolve, 30)));
    let version = 10;
    const cluster: ScriptedWatches = {
      lists: () => [],
      watch: ({ event, response }) => {
        const timer = setInterval(() => {
          version += 1;
          event('MODIFIED', operationObject('a', String(version), 'Running'));
        }, 1);
        response.on('close', () => clearInterval(timer));
      },
    };
    await watching(cluster, watcher, async () => until(() => watcher.batches.length >= 2, 'some batches'));
    const count = watcher.batches.length;
    await turns(100);
    assert.equal(watcher.batches.length, count);
  });

  test('are of Operations only; strange statuses are kept as far as they can be read', async () => {
    const watcher = recorder();
    const cluster: ScriptedWatches = {
      lists: () => [
        { metadata: {} },
        { kind: 'Operation', metadata: { name: 'a', namespace: 'apps', uid: 'u' }, status: 'garbage' },
      ],
      watch: ({ event, response }, count) => {
        if (count === 1) {
          event('ADDED', { metadata: { resourceVersion: '11' } });
          event('FUTURE', operationObject('z', '12', 'Running'));
          event('MODIFIED', {
            metadata: { name: 'b', namespace: 'apps', uid: 'u', resourceVersion: '13' },
            status: { phase: 'Running', conditions: [{ type: 7 }] },
          });
        } else if (count === 2) response.write('this is no JSON\n');
      },
    };
    await watching(cluster, watcher, async (server) =>
      until(() => server.requests.filter(({ url }) => url.includes('resourceVersion=13')).length >= 2, 'resumed'),
    );
    assert.deepEqual(watcher.observations(), ['a new', 'b Running']);
  });
});

describe('a batch', () => {
  const observation = (name: string): Observation => ({
    name,
    namespace: 'apps',
    uid: name,
    deleted: false,
    status: {},
  });

  test('is in the order of the newest, keeps its bound, and begins beside another only when it is full', async () => {
    const gate = Promise.withResolvers<void>();
    const batches: string[][] = [];
    let writing = 0;
    const batch = batchTo<Observation>(
      async (observations) => {
        writing += 1;
        assert.ok(writing <= 2, `${writing} writers`);
        batches.push(observations.map(({ name }) => name));
        await gate.promise;
        writing -= 1;
      },
      () => assert.fail('nothing failed'),
    );
    batch.add(observation('first'));
    await until(() => batches.length === 1, 'the first batch is being written');
    for (const name of ['a', 'b', 'a']) batch.add(observation(name));
    await turns(20);
    assert.equal(batches.length, 1, 'a batch that is not full waits for the one before');
    for (let index = 0; index < 1498; index += 1) batch.add(observation(`n${index}`));
    await until(() => batches.length === 2, 'a full batch is begun beside it');
    let hasRoom = false;
    const room = batch.room().then(() => {
      hasRoom = true;
    });
    await turns(20);
    assert.equal(hasRoom, false, 'a thousand are pending');
    gate.resolve();
    await room;
    await batch.drain();
    assert.deepEqual(batches[1]?.slice(0, 3), ['b', 'a', 'n0']);
    assert.deepEqual(
      batches.map(({ length }) => length),
      [1, 500, 500, 500],
    );
  });

  test('never has a place of which an earlier observation is still being written', async () => {
    const batches: string[][] = [];
    const gates: (() => void)[] = [];
    const batch = batchTo<Observation>(
      (observations) => {
        batches.push(observations.map(({ name, uid }) => `${name}/${uid}`));
        return new Promise((resolve) => gates.push(resolve));
      },
      () => assert.fail('nothing failed'),
    );
    batch.add(observation('a'));
    await until(() => batches.length === 1, 'the first batch is being written');
    batch.add({ ...observation('a'), uid: 'of-another-resource' });
    for (let index = 0; index < 500; index += 1) batch.add(observation(`n${index}`));
    await until(() => batches.length === 2, 'a full batch is begun beside it');
    assert.equal(batches[1]?.length, 500);
    assert.ok(!batches[1]?.some((each) => each.startsWith('a/')));
    for (const open of gates) open();
    await until(() => batches.length === 3, 'what waited for its place');
    gates[2]?.();
    await batch.drain();
    assert.deepEqual(batches[2], ['a/of-another-resource']);
  });

  test('that cannot be written fails at once, for everybody who waits for it', async () => {
    const failures: HandOverFailed[] = [];
    const batch = batchTo(
      () => Promise.reject(new Error('the database is away')),
      (failure) => failures.push(failure),
    );
    batch.add(observation('a'));
    await until(() => failures.length === 1, 'the failure');
    await assert.rejects(batch.drain(), HandOverFailed);
    await assert.rejects(batch.room(), HandOverFailed);
    batch.add(observation('b'));
    await batch.stop();
    assert.equal(failures.length, 1);
  });
});
