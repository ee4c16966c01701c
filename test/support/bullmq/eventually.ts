/** Waiting in tests, with a bound. */
import assert from 'node:assert/strict';
import { waitUntil } from '../../../src/bullmq/timers.ts';

export async function eventually(what: string, condition: () => boolean, milliseconds: number): Promise<number> {
  const began = performance.now();
  assert.ok(await waitUntil(condition, milliseconds), `${what}: not within ${milliseconds} ms`);
  return performance.now() - began;
}
