/** Waiting in tests of the queues, in milliseconds, with the same patience as everywhere. */
import assert from 'node:assert/strict';
import { waitUntil } from '../../../src/bullmq/timers.ts';
import { patience } from '../until.ts';

export async function eventually(what: string, condition: () => boolean, milliseconds: number): Promise<number> {
  const began = performance.now();
  assert.ok(await waitUntil(condition, patience * milliseconds), `${what}: not within ${patience * milliseconds} ms`);
  return performance.now() - began;
}

/** Whether the last `count` ticks are so many steps of a second: neither two in one, nor a second without one. */
export function steady(ticks: readonly number[], count: number): boolean {
  const last = ticks.slice(-count).map((at) => Math.floor(at / 1_000));
  return last.length === count && last.every((second, index) => index === 0 || second === (last[index - 1] ?? 0) + 1);
}
