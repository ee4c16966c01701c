/** What a resourceVersion decides: whether another resource has taken the place of ours, and which state is the newer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleOperation } from '../../../../../test/support/core/operation-example.ts';
import type { KnownOperation, Observation } from './observation.ts';
import { observe } from './observe.ts';
import { ObservedStatus } from './observed-status.ts';

const now = '2026-05-28T10:10:00.000Z';
const ours: KnownOperation = { ...exampleOperation, uid: 'uid-1', deliveredAt: now, observedVersion: '7' };
const seen = (status: object, more: Partial<Observation> = {}): Observation => ({
  ...{ name: ours.name, namespace: ours.namespace, uid: 'uid-1', deleted: false },
  status: ObservedStatus.parse(status),
  ...more,
});

test('only another resource that is surely newer takes the place of ours, and of what is not ours nothing follows', () => {
  const other = (more: Partial<Observation>) =>
    observe(ours, seen({ phase: 'Running' }, { uid: 'uid-2', operationId: 'other', ...more }), now).operation.phase;
  for (const [more, phase] of [
    [{ source: 'Listed' }, 'Failed'],
    [{ source: 'Watched', resourceVersion: '8' }, 'Failed'],
    [{ source: 'Watched', resourceVersion: '10' }, 'Failed'],
    [{ source: 'Watched', resourceVersion: '7' }, 'Pending'],
    [{ source: 'Watched', resourceVersion: '6' }, 'Pending'],
    [{ source: 'Watched', resourceVersion: 'x' }, 'Pending'],
    [{ source: 'Watched' }, 'Pending'],
    [{ source: 'Posted', resourceVersion: '8' }, 'Pending'],
    [{ source: 'Listed', uid: '' }, 'Pending'],
    [{ source: 'Listed', deleted: true }, 'Pending'],
  ] as const)
    assert.equal(other(more), phase, JSON.stringify(more));
  const { uid: _, ...unknown } = ours;
  const step = observe(unknown, seen({ phase: 'Running' }, { source: 'Listed', operationId: 'other' }), now);
  assert.deepEqual(step, { operation: unknown, changed: false, events: [] });
});

test('a watched state of the same or an unknown version is taken, and an older one is not', () => {
  for (const [resourceVersion, phase] of [
    ['8', 'Running'],
    ['7', 'Running'],
    ['6', 'Pending'],
    ['x', 'Running'],
    [undefined, 'Running'],
  ] as const) {
    const watched = seen({ phase: 'Running' }, { source: 'Watched', resourceVersion });
    assert.equal(observe(ours, watched, now).operation.phase, phase, resourceVersion);
    assert.equal(observe(ours, { ...watched, source: 'Listed' }, now).operation.phase, 'Running', 'a list is believed');
  }
});
