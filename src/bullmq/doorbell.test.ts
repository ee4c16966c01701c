/** Rings are gathered, and given to the queue in order, in one batch at a time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keptLog } from '../../test/support/log.ts';
import { until } from '../../test/support/until.ts';
import { createDoorbell } from './doorbell.ts';

const { log } = keptLog();
const ids = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => `cluster-${String(from + n).padStart(5, '0')}`);

test('many rings go in batches of 500, each cluster once, and no batch before the one ahead of it has gone', async () => {
  const batches: (readonly string[])[] = [];
  const taken: (() => void)[] = [];
  const doorbell = createDoorbell({
    log,
    producer: () => ({
      async addBulk(jobs) {
        batches.push(jobs.flatMap(({ data }) => data.clusterId ?? []));
        await new Promise<void>((resolve) => taken.push(resolve));
        return [];
      },
    }),
  });
  doorbell.ring(ids(0, 600).toReversed());
  doorbell.ring(ids(500, 1_000));
  for (const count of [1, 2]) {
    await until(`batch ${count}`, 5, async () => batches.length >= count || undefined);
    for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
    assert.equal(batches.length, count);
    taken[count - 1]?.();
  }
  assert.deepEqual(
    batches.map((batch) => batch.length),
    [500, 500],
  );
  assert.deepEqual(batches.flat().toSorted(), ids(0, 1_000));
  for (const batch of batches) assert.deepEqual(batch, batch.toSorted());
});

test('a ring while the queue is away is dropped, and so are those that wait when a batch fails', async () => {
  const batches: (readonly string[])[] = [];
  let isAway = true;
  const doorbell = createDoorbell({
    log,
    producer: () =>
      isAway
        ? undefined
        : {
            async addBulk(jobs) {
              batches.push(jobs.flatMap(({ data }) => data.clusterId ?? []));
              if (batches.length === 1) throw new Error('away');
              return [];
            },
          },
  });
  doorbell.ring(['while away']);
  isAway = false;
  doorbell.ring(ids(0, 501));
  await until('the first batch', 5, async () => batches.length === 1 || undefined);
  await new Promise(setImmediate);
  doorbell.ring(['later']);
  await until('the next batch', 5, async () => batches.length === 2 || undefined);
  assert.deepEqual(batches[1], ['later']);
});
