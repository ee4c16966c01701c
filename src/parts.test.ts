/** The parts of a process close in the opposite order of their opening, whatever one of them does. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { z } from 'zod';
import { keptLog } from '../test/support/log.ts';
import { openedParts } from './parts.ts';

const Line = z.object({ part: z.string(), msg: z.string() });
const toldOf = (text: string) =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => Line.parse(JSON.parse(line)))
    .map(({ part, msg }) => [part, msg]);

const never = () => new Promise<never>(() => undefined);

describe('the parts of a process', () => {
  test('close one after the other, the last opened first', async () => {
    const parts = openedParts(keptLog().log);
    const closed: string[] = [];
    for (const name of ['database', 'queues', 'api'])
      parts.add(name, async () => {
        await Promise.resolve();
        closed.push(name);
      });
    await parts.close(10);
    assert.deepEqual(closed, ['api', 'queues', 'database']);
  });

  test('are left behind when they hang, by name, and the others close all the same', async () => {
    const { log, text } = keptLog();
    const parts = openedParts(log);
    const closed: string[] = [];
    parts.add('database', async () => void closed.push('database'));
    parts.add('queues', never);
    parts.add('connector', async () => void closed.push('connector'));
    parts.add('tasks', never);
    await parts.close(0.2);
    assert.deepEqual(closed, ['connector', 'database']);
    assert.deepEqual(toldOf(text()), [
      ['tasks', 'a part did not close in time: it is left behind'],
      ['queues', 'a part did not close in time: it is left behind'],
    ]);
  });

  test('that fail are told, at once or later, and keep no other from closing', async () => {
    const { log, text } = keptLog();
    const parts = openedParts(log);
    const closed: string[] = [];
    parts.add('database', async () => void closed.push('database'));
    parts.add('queues', () => {
      throw new Error('broken');
    });
    parts.add('api', () => Promise.reject(new Error('broken too')));
    await parts.close(10);
    assert.deepEqual(closed, ['database']);
    assert.deepEqual(toldOf(text()), [
      ['api', 'a part did not close well'],
      ['queues', 'a part did not close well'],
    ]);
  });

  test('have the time that those before have left', async () => {
    const parts = openedParts(keptLog().log);
    const given: number[] = [];
    for (const name of ['database', 'queues', 'api']) parts.add(name, async (seconds) => void given.push(seconds));
    await parts.close(16);
    assert.deepEqual(given.map(Math.round), [8, 8, 16]);
  });
});
