/** One connector's rounds: when it renews, what it takes, and what it hands over. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Leases } from './ports.ts';
import { shareClusters } from './share-clusters.ts';

type Shares = Awaited<ReturnType<Leases['shares']>>;
const steady = (id: string, heldCount: number) => ({ id, heldCount, steady: true });

/** Leases that tell which steps were made of them. */
function sharing(shares: Shares, { chance = 0, free = shares.freeCount } = {}) {
  const steps: string[] = [];
  const lines: string[] = [];
  const tookOver: number[] = [];
  const step = async <T>(what: string, answer: T): Promise<T> => {
    steps.push(what);
    return answer;
  };
  const leases: Leases = {
    renew: (id) => step(`renew ${id}`, undefined),
    shares: () => step('shares', shares),
    freeCount: () => step('free', free),
    take: (id, count) => step(`take ${id} ${count}`, { takenCount: count, fromOthersCount: 1 }),
    handOver: (id, to, count) => step(`hand ${id} ${to} ${count}`, count),
    held: () => assert.fail('nobody asks for it'),
    release: () => assert.fail('nobody asks for it'),
  };
  const info = (_: object, message: string) => void lines.push(message);
  const log = { info, warn() {}, error() {}, debug() {} };
  const round = shareClusters(
    { leases, log, chance: () => chance, tookOver: (count) => void tookOver.push(count) },
    'me',
  );
  return { round, steps, lines, tookOver };
}

test('a round renews first and takes its share of what is free; the next only looks whether anything has become free', async () => {
  const { round, steps, lines, tookOver } = sharing(
    { clusterCount: 4, freeCount: 4, connectors: [steady('me', 0)] },
    { free: 0 },
  );
  assert.equal(await round(), 4);
  assert.deepEqual(steps.splice(0), ['renew me', 'shares', 'take me 4']);
  assert.deepEqual([lines, tookOver], [['took clusters'], [1]]);
  assert.equal(await round(), 0);
  assert.deepEqual(steps, ['free']);
});

test('between two renewals what has become free is taken', async () => {
  const { round, steps } = sharing({ clusterCount: 4, freeCount: 2, connectors: [steady('me', 2)] });
  await round();
  steps.length = 0;
  assert.equal(await round(), 2);
  assert.deepEqual(steps, ['free', 'shares', 'take me 2']);
});

test('what is more than its share goes to the connectors that hold less', async () => {
  const { round, steps, lines, tookOver } = sharing({
    ...{ clusterCount: 6, freeCount: 0, connectors: [steady('me', 6), steady('other', 0)] },
  });
  assert.equal(await round(), 3);
  assert.deepEqual(steps, ['renew me', 'shares', 'hand me other 3']);
  assert.deepEqual([lines, tookOver], [['handed clusters over'], []]);
});
