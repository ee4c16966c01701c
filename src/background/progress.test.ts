/** Success, failure and silence of work are told apart. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startProgress } from './progress.ts';

test('a failure ends the silence of work and is no success; work that never ends is silent since it began', async () => {
  let now = 0;
  const progress = startProgress(() => now);
  let fails = false;
  const run = progress.follow('tick', async () => {
    if (fails) throw new Error('no database');
    return 7;
  });
  now += 1000;
  assert.deepEqual(progress.of('tick'), { name: 'tick', succeededSecondsAgo: undefined, silentSeconds: 1 });
  assert.equal(await run(), 7);
  now += 2000;
  fails = true;
  await assert.rejects(run(), /no database/);
  now += 3000;
  assert.deepEqual(progress.of('tick'), { name: 'tick', succeededSecondsAgo: 5, silentSeconds: 3 });
  progress.began('hangs');
  now += 4000;
  assert.equal(progress.of('hangs').silentSeconds, 4);
});
