import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clusterClocks } from './cluster-clocks.ts';

const at = Date.parse('2026-05-28T10:00:00.000Z');
const dated = (ms: number) => ({ date: new Date(ms).toUTCString() });

test('clusters are one witness together: the clock of most of them, however many one tenant adds', () => {
  let now = 1_000;
  const clocks = clusterClocks(() => now);
  assert.equal(clocks.offsetMs(), undefined);
  clocks.answered('a', dated(at));
  assert.equal(clocks.offsetMs(), at + 500 - 1_000);
  now += 60_000;
  clocks.answered('b', dated(at + 60_000));
  clocks.answered('b', dated(at + 60_000));
  clocks.answered('wrong', dated(at + 86_400_000));
  assert.equal(clocks.offsetMs(), at + 500 - 1_000);
});

test('clusters that contradict each other, answers without a date and old ones are no witness', () => {
  let now = 0;
  const clocks = clusterClocks(() => now);
  clocks.answered('a', {});
  clocks.answered('a', { date: 'yesterday' });
  assert.equal(clocks.offsetMs(), undefined);
  clocks.answered('a', dated(at));
  clocks.answered('b', dated(at + 3_600_000));
  assert.equal(clocks.offsetMs(), undefined);
  now = 700_000;
  clocks.answered('b', dated(at));
  assert.equal(clocks.offsetMs(), at + 500 - 700_000);
});
