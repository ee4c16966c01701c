/** What of an observation counts as an Operation of others, and how long what was left out is told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Observation } from '../operations/rules/observed/observation.ts';
import { leftOutSinceList, type RecordForeignPorts, recordForeignOperations } from './record-foreign-operations.ts';

const now = '2026-05-28T10:00:00.000Z';
const left = (count: number) => ({ of: 'cluster', limit: 10, count }) as const;

/** A recorder over a store that keeps what it is given. */
function recorder() {
  const recorded: string[] = [];
  const logged: unknown[] = [];
  const ports = {
    foreignOperations: {
      own: async () => [],
      putAside: async () => {},
      record: async (_: string, made: readonly { operation: { name: string } }[]) => {
        recorded.push(...made.map(({ operation }) => operation.name));
        return { count: made.length, beyondCount: 0, leftOut: undefined };
      },
    },
    returnedResources: { record: async () => {}, expected: async () => [] },
    vault: { newId: (at: string) => at },
    clock: { now: async () => now },
    log: { info() {}, error() {}, debug() {}, warn: (fields: unknown) => logged.push(fields) },
  } as unknown as RecordForeignPorts;
  const cluster = { id: 'c', organizationId: 'o', createdAt: now };
  return { recorder: recordForeignOperations(ports, { cluster }), recorded, logged };
}
const seen = (name: string, more: Partial<Observation> = {}): Observation => ({
  ...{ name, namespace: 'apps', uid: `uid-${name}`, deleted: false, source: 'Watched', status: { phase: 'Running' } },
  spec: { type: 'Backup', engine: 'velero', target: 'shop' },
  ...more,
});
const list = { present: new Set<string>(), beganAt: now } as const;

test('only what a list or a watch states to be there is recorded, never what is missing, deleted or only posted', async () => {
  const { recorder: others, recorded, logged } = recorder();
  const { source: _, ...missing } = seen('missing');
  await others.seen([
    ...[seen('watched'), seen('listed', { source: 'Listed' }), seen('posted', { source: 'Posted' }), missing],
    ...[seen('deleted', { deleted: true }), seen('Unreadable', { source: 'Posted' })],
  ]);
  assert.deepEqual(recorded, ['watched', 'listed']);
  assert.deepEqual(logged, []);
});

test('what no row can hold is left out and logged once a watch, and the others are recorded', async () => {
  const { recorder: others, recorded, logged } = recorder();
  for (const name of ['first', 'second']) await others.seen([seen(name), seen('No-Name'), seen('Neither')]);
  assert.deepEqual(recorded, ['first', 'second']);
  const odd = { clusterId: 'c', count: 2, namespace: 'apps', name: 'No-Name', type: 'Backup', engine: 'velero' };
  assert.deepEqual(logged, [odd]);
});

test('what had ended before a list showed it is recorded when the list is complete, once', async () => {
  const { recorder: others, recorded } = recorder();
  const ended = { source: 'Listed', status: { phase: 'Succeeded', finishedAt: now } } as const;
  await others.seen([seen('ended', ended), seen('runs', { source: 'Listed' })]);
  assert.deepEqual(recorded, ['runs']);
  await others.listed(list);
  await others.listed(list);
  assert.deepEqual(recorded, ['runs', 'ended']);
});

test('what was left out is summed since a list, holds until a list has left nothing out, and begins anew with the next', () => {
  const since = leftOutSinceList();
  assert.equal(since.current(), undefined);
  since.add(left(2));
  since.add(undefined);
  since.add(left(3));
  assert.deepEqual(since.current(), left(5));
  since.listed();
  assert.deepEqual(since.current(), left(5), 'the next list has not come');
  since.add(left(4));
  assert.deepEqual(since.current(), left(4), 'it is another list');
  since.listed();
  since.listed();
  assert.equal(since.current(), undefined, 'a whole list left nothing out');
});
