/** A tick that hangs holds up no other for longer than a tick may take. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordedLog } from '../../test/support/bullmq/recorded-log.ts';
import { createTickSource } from './tick-source.ts';

test('a tick that never ends is given up, said once, and the next ones go on beside it', async () => {
  const log = recordedLog();
  let calls = 0;
  const onTick = async () => {
    calls += 1;
    if (calls === 1) await new Promise(() => {});
  };
  const source = createTickSource({ onTick, log, tickMs: 50 });
  const hanging = source.tick();
  await source.tick();
  assert.equal(calls, 1, 'no second one while the first may still end');
  await hanging;
  assert.equal(source.lastTickAt, undefined);
  assert.equal(log.count('tick fails'), 1);
  await source.tick();
  assert.equal(calls, 2);
  assert.ok(source.lastTickAt);
});
