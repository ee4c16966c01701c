/** What is waited for with a bound leaves nothing behind, whichever end comes first. */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import { endsWithin } from './rounds.ts';

const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;

test('a bounded wait leaves no timer and no listener behind, whether it ends in time, fails or is given up', async () => {
  const stopping = new AbortController();
  const before = timers();
  for (const [running, seconds, ended] of [
    [Promise.resolve(), 60, true],
    [Promise.reject(new Error('x')), 60, true],
    [new Promise(() => undefined), 0.001, false],
  ] as const) {
    assert.equal(await endsWithin(running, seconds, stopping.signal), ended);
    assert.deepEqual([getEventListeners(stopping.signal, 'abort').length, timers()], [0, before]);
  }
});

test('a bounded wait that is stopped has no bound any more, and no timer', async () => {
  for (const early of [true, false]) {
    const stopping = new AbortController();
    const running = Promise.withResolvers<void>();
    const before = timers();
    if (early) stopping.abort();
    const waited = endsWithin(running.promise, 60, stopping.signal);
    stopping.abort();
    assert.equal(timers(), before);
    running.resolve();
    assert.equal(await waited, true);
  }
});
