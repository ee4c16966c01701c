import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../../../test/support/until.ts';
import { startLimiter } from './start-limiter.ts';

test('no more start at once than the limiter allows, and in the end all run together', async () => {
  const limiter = startLimiter({ maxStarting: 3, maxStartMs: 60_000 });
  const { signal } = new AbortController();
  let starting = 0;
  let most = 0;
  let running = 0;
  let finish = () => {};
  const end = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const all = Array.from({ length: 40 }, () =>
    limiter.run(signal, async (started) => {
      starting += 1;
      running += 1;
      most = Math.max(most, starting);
      await new Promise((resolve) => setImmediate(resolve));
      starting -= 1;
      started();
      await end;
    }),
  );
  await until('all to run', 20, () => running === 40 && starting === 0);
  assert.equal(most, 3);
  finish();
  await Promise.all(all);
});

/** Work that starts, and then runs until `end` is called. */
function lasting() {
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { end, work: () => ended };
}

test('one that does not start, or fails, does not keep its place for ever', async () => {
  const limiter = startLimiter({ maxStarting: 1, maxStartMs: 20 });
  const { signal } = new AbortController();
  let began = 0;
  const { work, end } = lasting();
  const mute = limiter.run(signal, work);
  await assert.rejects(
    limiter.run(signal, () => Promise.reject(new Error('no'))),
    /no/,
  );
  await limiter.run(signal, async () => {
    began += 1;
  });
  assert.equal(began, 1);
  end();
  await mute;
});

test('one that is not wanted any more before its turn does not begin', async () => {
  const limiter = startLimiter({ maxStarting: 1, maxStartMs: 60_000 });
  const abort = new AbortController();
  const { work, end } = lasting();
  const first = limiter.run(new AbortController().signal, work);
  let began = false;
  const second = limiter.run(abort.signal, async () => {
    began = true;
  });
  abort.abort();
  end();
  await Promise.all([first, second]);
  assert.equal(began, false);
});
