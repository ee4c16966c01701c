/** The contract of the queues, as tests that run alike over both back ends. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type QueueConnection, type Queues, type QueuesOptions, startQueues } from '../../../src/bullmq/queues.ts';
import { startBreakableProxy } from '../breakable-proxy.ts';
import { patience } from '../until.ts';
import { testClosing } from './closing-contract.ts';
import { uniqueName } from './environment.ts';
import { eventually, steady } from './eventually.ts';
import { recordedLog } from './recorded-log.ts';
import { startReplica } from './replica-process.ts';

export interface BackEnd {
  readonly connection: () => QueueConnection;
  /** How many tests at once the server has connections for. */
  readonly concurrency: number;
  /** As FLUSHALL does for this prefix. */
  readonly empty: (prefix: string) => Promise<void>;
}

export function testQueueContract(name: string, backEnd: BackEnd): void {
  const start = async (t: TestContext, options: Partial<QueuesOptions>): Promise<Queues> => {
    const queues = await startQueues({ connection: backEnd.connection(), log: recordedLog(), ...options });
    t.after(() => queues.close(500));
    return queues;
  };
  const connected = (queues: Queues) => eventually('connected', () => queues.health().connected, 10_000);

  describe(`queues over ${name}`, { concurrency: backEnd.concurrency }, () => {
    test('ticks come once a second, on whole seconds, to all replicas together', async (t) => {
      const prefix = uniqueName();
      const seen: number[] = [];
      const queues = await start(t, { prefix, onTick: async () => void seen.push(Date.now()) });
      await connected(queues);
      // A busy moment makes a tick late. An arrangement that gives two ticks a second, or late ones, never gives these.
      const punctual = () => seen.slice(-4).every((at) => at % 1_000 < 400);
      await eventually('four ticks in step with the seconds', () => steady(seen, 4) && punctual(), 10_000);
      assert.ok(queues.health().lastTickAt);
    });

    test('ticks do not overlap in a process, and a tick that keeps failing is logged once', async (t) => {
      const log = recordedLog();
      let running = 0;
      let most = 0;
      let calls = 0;
      const onTick = async () => {
        running += 1;
        calls += 1;
        most = Math.max(most, running);
        await sleep(1_700);
        running -= 1;
        throw new Error('no database');
      };
      await start(t, { prefix: uniqueName(), log, onTick });
      await eventually('three ticks', () => calls >= 3, 10_000);
      assert.equal(most, 1);
      assert.equal(log.count('tick fails'), 1);
    });

    test('an emptied queue ticks again within 2 s and delivers again', async (t) => {
      const prefix = uniqueName();
      const ticks: number[] = [];
      const log = recordedLog();
      const delivered: string[] = [];
      const queues = await start(t, {
        prefix,
        log,
        onTick: async () => void ticks.push(Date.now()),
        onDeliver: async (clusterId) => void delivered.push(clusterId),
      });
      await connected(queues);
      await eventually('a tick', () => ticks.length >= 2, 4_000);
      await backEnd.empty(prefix);
      const emptiedAt = Date.now();
      const set = () => log.count('tick scheduler was missing or stuck: set again') > 0;
      await eventually('tick scheduler set again', set, 3_500);
      await eventually('ticks', () => ticks.filter((at) => at > emptiedAt).length >= 3, 10_000);
      queues.doorbell.ring(['a']);
      await eventually('a delivery', () => delivered.length > 0, 3_000);
    });

    test('rings while a cluster is served lead to exactly one more run', async (t) => {
      let runs = 0;
      let release = () => {};
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      let others = 0;
      const onDeliver = async (clusterId: string) => {
        if (clusterId !== 'a') others += 1;
        else runs += 1;
        if (runs === 1 && clusterId === 'a') await held;
      };
      // What was rung before is taken before: once the other cluster was served, nothing of ours is still to come.
      const anotherIsServed = async () => {
        const before = others;
        queues.doorbell.ring(['another']);
        await eventually('another cluster', () => others > before, 5_000);
      };
      const queues = await start(t, { prefix: uniqueName(), onDeliver });
      await connected(queues);
      queues.doorbell.ring(['a']);
      await eventually('the first run', () => runs === 1, 3_000);
      for (let ring = 0; ring < 20; ring += 1) {
        queues.doorbell.ring(['a', 'a']);
        await sleep(5);
      }
      await anotherIsServed();
      assert.equal(runs, 1);
      release();
      await eventually('the second run', () => runs === 2, 5_000);
      await anotherIsServed();
      assert.equal(runs, 2);
    });

    test('two replicas never serve one cluster at once, and share the clusters', async (t) => {
      const prefix = uniqueName();
      const clusters = Array.from({ length: 8 }, (_, index) => `cluster-${index}`);
      const running = new Set<string>();
      const overlaps: string[] = [];
      const runs = [0, 0];
      const replicas = await Promise.all(
        runs.map((_, replica) =>
          start(t, {
            prefix,
            concurrency: { deliver: 4 },
            onDeliver: async (clusterId) => {
              if (running.has(clusterId)) overlaps.push(clusterId);
              running.add(clusterId);
              runs[replica] = (runs[replica] ?? 0) + 1;
              await sleep(20);
              running.delete(clusterId);
            },
          }),
        ),
      );
      await Promise.all(replicas.map(connected));
      const total = () => (runs[0] ?? 0) + (runs[1] ?? 0);
      const end = performance.now() + patience * 10_000;
      while (total() < 120 && performance.now() < end) {
        for (const { doorbell } of replicas) doorbell.ring(clusters);
        await sleep(15);
      }
      assert.ok(total() >= 120, `only ${total()} runs`);
      assert.deepEqual(overlaps, []);
      assert.ok(
        runs.every((count) => count > 0),
        `one replica did everything: ${runs}`,
      );
    });

    test('the sweep tries a failed delivery again, and it holds no other cluster up', async (t) => {
      const log = recordedLog();
      const runs = new Map<string, number>();
      let dueClusters = ['bad', 'good'];
      const onDeliver = async (clusterId: string) => {
        const count = (runs.get(clusterId) ?? 0) + 1;
        runs.set(clusterId, count);
        if (clusterId === 'bad' && count < 3) throw new Error('database away');
        dueClusters = dueClusters.filter((due) => due !== clusterId);
      };
      const queues = await start(t, { prefix: uniqueName(), log, onDeliver, dueClusters: async () => dueClusters });
      await eventually('good', () => runs.get('good') === 1, 8_000);
      await eventually('bad', () => runs.get('bad') === 3, 10_000);
      await eventually('logged', () => log.count('delivery works again') === 1, 1_000);
      assert.equal(log.count('delivery fails'), 1);
      assert.ok(queues.health().lastSweepAt);
    });

    for (const fault of ['cut', 'mute'] as const) {
      test(`with the server ${fault} ticks go on and rings return at once; once it is back, deliveries go on within 10 s`, async (t) => {
        const proxy = await startBreakableProxy(backEnd.connection().url);
        t.after(() => proxy.remove());
        const log = recordedLog();
        const ticks: number[] = [];
        let due: string[] = [];
        const onDeliver = async (clusterId: string) => {
          due = due.filter((other) => other !== clusterId);
        };
        const queues = await start(t, {
          prefix: uniqueName(),
          connection: { ...backEnd.connection(), url: proxy.url },
          log,
          onDeliver,
          onTick: async () => void ticks.push(Date.now()),
          dueClusters: async () => due,
        });
        await connected(queues);
        due = ['before'];
        await eventually('a delivery', () => due.length === 0, 3_000);
        await eventually('a tick', () => ticks.length > 0, 3_000);

        const lines = log.count();
        await proxy[fault]();
        const began = ticks.length;
        due = ['during'];
        for (let ring = 0; ring < 2_000; ring += 1) queues.doorbell.ring([`cluster-${ring}`]);
        const ringing = performance.now();
        queues.doorbell.ring(['during']);
        assert.ok(performance.now() - ringing < patience * 1_000);
        await eventually('logged', () => log.count('queue unreachable') > 0 && !queues.health().connected, 15_000);
        await eventually('ticks', () => steady(ticks.slice(began), 4), 6_500);
        assert.deepEqual(due, ['during']);
        assert.equal((await queues.counts()).deliver, undefined);

        await proxy.mend();
        await eventually('the delivery', () => due.length === 0, 10_000);
        assert.ok(log.count() - lines <= 12, `too many lines:\n${log.lines.map((line) => line.text).join('\n')}`);
      });
    }

    test('starting does not wait for the server; deliveries that are owed begin once it is there', async (t) => {
      const proxy = await startBreakableProxy(backEnd.connection().url);
      t.after(() => proxy.remove());
      await proxy.cut();
      const ticks: number[] = [];
      const due = ['a'];
      const began = performance.now();
      const queues = await start(t, {
        prefix: uniqueName(),
        connection: { ...backEnd.connection(), url: proxy.url },
        onTick: async () => void ticks.push(Date.now()),
        onDeliver: async () => void due.splice(0),
        dueClusters: async () => due,
      });
      assert.ok(performance.now() - began < patience * 2_000);
      queues.doorbell.ring(['a']);
      await eventually('ticks', () => ticks.length >= 2, 4_500);
      assert.equal(queues.health().connected, false);
      await proxy.mend();
      await eventually('the delivery', () => due.length === 0, 6_000);
    });

    test("a killed replica's cluster is served by another within 10 s, and ticks go on", async (t) => {
      const prefix = uniqueName();
      const replica = startReplica({ connection: backEnd.connection(), prefix, act: 'hold' });
      t.after(() => replica.process.kill('SIGKILL'));
      const taken: string[] = [];
      const ring = await start(t, { prefix });
      await connected(ring);
      ring.doorbell.ring(['a']);
      await eventually('taken', () => replica.said.includes('took a'), 8_000);
      const ticks: number[] = [];
      const other = await start(t, {
        prefix,
        onTick: async () => void ticks.push(Date.now()),
        onDeliver: async (clusterId) => void taken.push(clusterId),
        dueClusters: async () => ['a'],
      });
      await connected(other);
      const swept = () => other.health().lastSweepAt;
      await eventually('a sweep', () => swept() !== undefined, 3_000);
      const first = swept();
      await eventually('another sweep', () => swept() !== first, 3_000);
      assert.deepEqual(taken, []);
      replica.process.kill('SIGKILL');
      await once(replica.process, 'exit');
      const freeMs = await eventually('free again', () => taken.length > 0, 10_000);
      t.diagnostic(`free after ${Math.round(freeMs)} ms`);
      await eventually('ticks', () => steady(ticks, 3), 6_000);
    });

    testClosing(backEnd, start);
  });
}
