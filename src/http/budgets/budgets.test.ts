import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Caller } from '../../core/access/rules/access.ts';
import { type BudgetLimits, budgetsOf, costOf, OverBudget } from './budgets.ts';
import { LaneFull, lanes } from './lanes.ts';
import { tokenBuckets } from './token-buckets.ts';

const unlimited: BudgetLimits = {
  keyPerSecond: 0,
  organizationPerSecond: 0,
  organizationAtOnce: 0,
  addressPerSecond: 0,
};
const caller = (apiKeyId: string, organizationId: string): Caller => ({
  apiKeyId,
  organizationId,
  name: apiKeyId,
  scopes: [],
});

/** The seconds to wait that each of `count` requests in one moment gets; 0: it is taken. */
function waits(count: number, take: () => void): number[] {
  return Array.from({ length: count }, () => {
    try {
      take();
      return 0;
    } catch (error) {
      assert.ok(error instanceof OverBudget);
      return error.retryAfterSeconds ?? 0;
    }
  });
}
const taken = (all: readonly number[]) => all.filter((wait) => wait === 0).length;

describe('budgets', () => {
  test('a list costs by the size of its page, and a body by its own', () => {
    const pages = [undefined, 1, 10, 11, 50, 100, 200].map((pageSize) => costOf({ pageSize }));
    assert.deepEqual(pages, [1, 2, 2, 3, 6, 11, 21]);
    assert.deepEqual(
      [0, 16_383, 16_384, 106_496].map((bodyBytes) => costOf({ bodyBytes })),
      [1, 1, 2, 7],
    );
  });

  test('a key that is over its budget waits until units are back, and takes nothing from another one', () => {
    let now = 0;
    const budgets = budgetsOf({ ...unlimited, keyPerSecond: 10 }, () => now);
    const [greedy, other] = [caller('greedy', 'a'), caller('other', 'a')];
    assert.equal(taken(waits(200, () => budgets.spend(greedy, {}))), 50, 'five seconds at once');
    assert.deepEqual(
      waits(1, () => budgets.spend(greedy, { pageSize: 40 })),
      [1],
    );
    assert.equal(taken(waits(50, () => budgets.spend(other, {}))), 50);
    now = 1_000;
    assert.equal(
      taken(waits(200, () => budgets.spend(greedy, { pageSize: 40 }))),
      2,
      'ten units, of which a list takes five',
    );
  });

  test('the keys of an organization share its budget, and another organization has its own', () => {
    const budgets = budgetsOf({ ...unlimited, keyPerSecond: 100, organizationPerSecond: 10 }, () => 0);
    const all = [1, 2, 3].map((key) => taken(waits(40, () => budgets.spend(caller(`key-${key}`, 'greedy'), {}))));
    assert.deepEqual(all, [40, 10, 0]);
    assert.equal(taken(waits(50, () => budgets.spend(caller('key-4', 'other'), {}))), 50);
  });

  test('an address is one IPv4 address in either form, or a /64 of IPv6', () => {
    const budgets = budgetsOf({ ...unlimited, addressPerSecond: 1 }, () => 0);
    const spend = (...addresses: readonly string[]) =>
      taken(addresses.flatMap((address) => waits(8, () => budgets.spendOfAddress(address))));
    assert.equal(spend('10.0.0.1', '::ffff:10.0.0.1'), 10);
    assert.equal(spend('2001:db8::1', '2001:db8::2', '2001:db8:0:0:9::3'), 10);
    assert.equal(spend('2001:db8:0:1::1'), 8);
    assert.equal(spend('10.0.0.2'), 8);
  });

  test('zero is no limit', async () => {
    const budgets = budgetsOf(unlimited);
    assert.equal(taken(waits(10_000, () => budgets.spend(caller('a', 'a'), { pageSize: 200 }))), 10_000);
    assert.equal(taken(waits(10_000, () => budgets.spendOfAddress('10.0.0.1'))), 10_000);
    assert.equal(await budgets.during(caller('a', 'a'), 200, async () => 'done'), 'done');
  });

  test('of an organization so many requests run at once, large pages fewer, some wait, and the rest is refused', async () => {
    const budgets = budgetsOf({ ...unlimited, organizationAtOnce: 3 });
    const ends: (() => void)[] = [];
    let running = 0;
    let most = 0;
    const work = async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => ends.push(resolve));
      running -= 1;
    };
    /** Whether each was run. */
    const started = (organization: string, count: number, pageSize?: number) =>
      Array.from({ length: count }, () =>
        budgets.during(caller('key', organization), pageSize, work).then(
          () => true,
          () => false,
        ),
      );
    const ended = async (all: readonly Promise<boolean>[]) => {
      const results = Promise.all(all);
      while ((await Promise.race([results, new Promise((resolve) => setImmediate(resolve, 'open'))])) === 'open')
        for (const end of ends.splice(0)) end();
      return (await results).filter((wasRun) => wasRun).length;
    };
    const greedy = started('greedy', 40);
    const other = started('other', 1);
    await new Promise(setImmediate);
    assert.equal(running, 4, 'another organization does not wait');
    assert.equal(await ended([...greedy, ...other]), 3 + 24 + 1);
    assert.equal(most, 4);
    most = 0;
    assert.equal(await ended(started('greedy', 40, 100)), 1 + 8);
    assert.equal(most, 1);
  });

  test('after a large page its place rests three times as long as the page took', async () => {
    const budgets = budgetsOf({ ...unlimited, organizationAtOnce: 4 });
    let endedAt = 0;
    let tookMs = 0;
    await budgets.during(caller('a', 'a'), 100, async () => {
      const beganAt = performance.now();
      await new Promise((resolve) => setTimeout(resolve, 20));
      endedAt = performance.now();
      tookMs = endedAt - beganAt;
    });
    assert.equal(await budgets.during(caller('a', 'a'), 50, async () => 'at once'), 'at once');
    const began = await budgets.during(caller('a', 'a'), 100, async () => performance.now());
    assert.ok(began - endedAt >= 2.9 * tookMs - 5, `${began - endedAt} ms after ${tookMs} ms`);
  });

  test('a place is free again when the work fails', async () => {
    const budgets = budgetsOf({ ...unlimited, organizationAtOnce: 1 });
    for (let round = 0; round < 50; round += 1)
      await assert.rejects(
        budgets.during(caller('a', 'a'), undefined, () => Promise.reject(new Error('broken'))),
        /broken/,
      );
    assert.equal(await budgets.during(caller('a', 'a'), undefined, async () => 1), 1);
  });

  test('who has waited for a turn in vain waits no more, and takes no place from those behind', async () => {
    const lane = lanes({ atOnce: 1, waiting: 1, waitSeconds: 0.02 });
    let end = () => {};
    const first = lane('a', () => new Promise<void>((resolve) => (end = resolve)));
    await assert.rejects(
      lane('a', async () => 'second'),
      LaneFull,
    );
    end();
    await first;
    assert.equal(await lane('a', async () => 'third'), 'third');
    const waits = lane('a', async () => 'fourth');
    assert.equal(await waits, 'fourth');
  });

  test('any number of keys takes bounded memory, and the oldest are forgotten first', () => {
    const buckets = tokenBuckets({ perSecond: 1, burst: 5 });
    buckets.take('first', 0, 5);
    for (let n = 0; n < 9_999; n += 1) buckets.take(`n-${n}`, 0, 5);
    assert.equal(buckets.left('first', 0), 0);
    buckets.take('one more', 0, 5);
    assert.equal(buckets.left('first', 0), 5);
    assert.equal(buckets.left('n-9998', 0), 0);
  });
});
