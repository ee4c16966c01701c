/** Sweeps that fail, a cluster whose delivery fails, and a ring for a cluster that is being delivered to. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { recordedLog } from '../../test/support/bullmq/recorded-log.ts';
import { until } from '../../test/support/until.ts';
import { createDelivery, type DeliveryOptions } from './delivery.ts';

/** Deliveries whose sweeps begin by themselves, and end as the test says. */
function delivering(t: TestContext, onDeliver?: DeliveryOptions['onDeliver']) {
  const log = recordedLog();
  const rung: string[] = [];
  const begun: PromiseWithResolvers<readonly string[]>[] = [];
  const dueClusters = () => {
    const answer = Promise.withResolvers<readonly string[]>();
    begun.push(answer);
    return answer.promise;
  };
  const ring = (clusterIds: readonly string[]) => void rung.push(...clusterIds);
  const delivery = createDelivery({ onDeliver, dueClusters, ring, log });
  t.after(() => delivery.stop());
  return { delivery, log, rung, nextSweep: () => until('a sweep', 3, () => begun.shift()) };
}

test('a sweep is under way until its look ends, and one that fails is said once and followed by the next', async (t) => {
  const { delivery, log, rung, nextSweep } = delivering(t);
  const ended = () => until('its end', 3, () => !delivery.sweeping);
  assert.equal(delivery.sweeping, false);
  for (let failures = 0; failures < 2; failures += 1) {
    const sweep = await nextSweep();
    assert.equal(delivery.sweeping, true);
    sweep.reject(new Error('away'));
    await ended();
    assert.equal(delivery.lastSweepAt, undefined);
    assert.equal(log.count('sweep fails'), 1);
  }
  const sweep = await nextSweep();
  sweep.resolve(['east', 'west']);
  await ended();
  assert.deepEqual(rung, ['east', 'west']);
  assert.ok(Math.abs(Date.parse(delivery.lastSweepAt ?? '') - Date.now()) < 60_000);
  assert.equal(log.count('sweep works again'), 1);
});

test('a cluster whose delivery keeps failing is said once, and sweeps pass over it until a ring has delivered', async (t) => {
  let fails = true;
  const { delivery, log, rung, nextSweep } = delivering(t, async () => {
    if (fails) throw new Error('away');
  });
  const first = await nextSweep();
  // The eighth failure in a row holds it for a quarter of a minute at least.
  for (let count = 0; count < 8; count += 1) await delivery.run({ clusterId: 'east' });
  assert.deepEqual([log.count('delivery fails'), log.count()], [1, 1]);
  first.resolve(['east', 'west']);
  const second = await nextSweep();
  assert.deepEqual(rung, ['west']);
  fails = false;
  for (let count = 0; count < 2; count += 1) await delivery.run({ clusterId: 'east' });
  assert.equal(log.count('delivery works again'), 1);
  second.resolve(['east', 'west']);
  await until('the end of the sweep', 3, () => !delivery.sweeping);
  assert.deepEqual(rung, ['west', 'east', 'west']);
});

test('a cluster is delivered to once at a time, and a ring that came meanwhile is rung again once', async (t) => {
  const deliveries: PromiseWithResolvers<void>[] = [];
  const { delivery, rung } = delivering(t, () => {
    const made = Promise.withResolvers<void>();
    deliveries.push(made);
    return made.promise;
  });
  const running = delivery.run({ clusterId: 'east' });
  for (let count = 0; count < 2; count += 1) await delivery.run({ clusterId: 'east' });
  const other = delivery.run({ clusterId: 'west' });
  assert.equal(deliveries.length, 2);
  assert.deepEqual(rung, []);
  for (const made of deliveries) made.resolve();
  await Promise.all([running, other]);
  assert.deepEqual(rung, ['east']);
  const again = delivery.run({ clusterId: 'east' });
  assert.equal(deliveries.length, 3);
  deliveries[2]?.resolve();
  await again;
  assert.deepEqual(rung, ['east']);
});
