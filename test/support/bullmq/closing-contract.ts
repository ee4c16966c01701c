/** What closing promises, over both back ends. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { QueueConnection, Queues, QueuesOptions } from '../../../src/bullmq/queues.ts';
import { startBreakableProxy } from '../breakable-proxy.ts';
import { patience } from '../until.ts';
import { uniqueName } from './environment.ts';
import { eventually } from './eventually.ts';
import { startReplica } from './replica-process.ts';

type Start = (t: TestContext, options: Partial<QueuesOptions>) => Promise<Queues>;

export function testClosing(backEnd: { readonly connection: () => QueueConnection }, start: Start): void {
  const connected = (queues: Queues) => eventually('connected', () => queues.health().connected, 10_000);

  test('closing waits for the running delivery, and leaves its cluster free for others', async (t) => {
    const prefix = uniqueName();
    let ended = false;
    let running = false;
    const leaving = await start(t, {
      prefix,
      onDeliver: async () => {
        running = true;
        await sleep(400);
        ended = true;
      },
    });
    await connected(leaving);
    leaving.doorbell.ring(['a']);
    await eventually('running', () => running, 3_000);
    await leaving.close(5_000);
    assert.equal(ended, true);
    const served: string[] = [];
    const other = await start(t, { prefix, onDeliver: async (clusterId) => void served.push(clusterId) });
    await connected(other);
    other.doorbell.ring(['a']);
    await eventually('served', () => served.length > 0, 1_500);
  });

  for (const state of ['open', 'cut', 'mute'] as const) {
    test(`after closing with the server ${state} the process ends by itself`, async (t) => {
      const proxy = await startBreakableProxy(backEnd.connection().url);
      t.after(() => proxy.remove());
      const connection = { ...backEnd.connection(), url: proxy.url };
      const replica = startReplica({ connection, prefix: uniqueName(), act: 'leave', leaveAfterMs: 4_000 });
      t.after(() => replica.process.kill('SIGKILL'));
      const exit = once(replica.process, 'exit');
      await eventually('ticks', () => replica.said.includes('ticked'), 8_000);
      if (state !== 'open') await proxy[state]();
      await eventually('closed', () => replica.said.includes('closed'), 12_000);
      const [code] = await Promise.race([exit, sleep(patience * 7_000, ['still running'], { ref: false })]);
      assert.equal(code, 0);
    });
  }
}
