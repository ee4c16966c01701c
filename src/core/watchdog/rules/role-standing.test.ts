/** When a role says that it does not work, and when a restart is asked for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { idleness, muteWork } from './role-standing.ts';

const work = (succeededSecondsAgo: number | undefined, silentSeconds = 0) => ({
  name: 'tick',
  succeededSecondsAgo,
  silentSeconds,
});

test('work is idle until it has succeeded once, and again when it has not for a minute', () => {
  assert.match(idleness(work(undefined)) ?? '', /since the process started/);
  assert.equal(idleness(work(0)), undefined);
  assert.equal(idleness(work(59.9)), undefined);
  assert.match(idleness(work(60)) ?? '', /60 s ago/);
});

test('a restart is asked for when work has not even failed for five minutes, never because it fails', () => {
  assert.equal(muteWork([work(0), work(undefined, 299.9)]), undefined);
  assert.deepEqual(muteWork([work(0), work(1000, 300)]), work(1000, 300));
  assert.equal(muteWork([work(3600, 1)]), undefined, 'it fails, for an hour');
  assert.equal(muteWork([]), undefined);
});
