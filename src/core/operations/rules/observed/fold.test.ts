/** What single conditions and repeated statements do to the record, and when a resource is owed a Delete. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleOperation } from '../../../../../test/support/core/operation-example.ts';
import type { KnownOperation, Observation } from './observation.ts';
import { observe } from './observe.ts';
import { ObservedStatus } from './observed-status.ts';

const now = '2026-05-28T10:10:00.000Z';
const later = '2026-05-28T11:00:00.000Z';
const at = (minute: number) => `2026-05-28T10:0${minute}:00Z`;
const delivered: KnownOperation = { ...exampleOperation, uid: 'uid-1', deliveredAt: at(0) };

function seen(status: object, more: Partial<Observation> = {}): Observation {
  const { id: operationId, name, namespace } = exampleOperation;
  return {
    ...{ name, namespace, operationId, uid: 'uid-1', deleted: false, source: 'Listed' },
    status: ObservedStatus.parse(status),
    ...more,
  };
}

function posted(type: string, status: string, minute: number, more: object = {}, of: object = {}): Observation {
  const condition = { type, status, reason: `${type}${minute}`, lastTransitionTime: at(minute), ...more };
  return seen({ conditions: [condition], ...of }, { source: 'Posted' });
}

const fold = (from: KnownOperation, ...observations: readonly Observation[]) =>
  observations.reduce((known, observation) => observe(known, observation, now).operation, from);
const conditionOf = (operation: KnownOperation, type: string) =>
  operation.conditions.find((condition) => condition.type === type);

test('a start that is posted again does not move, and a start that the whole status states does', () => {
  const running = (minute: number) => posted('Running', 'True', minute, {}, { startedAt: at(minute) });
  const began = fold(delivered, running(1));
  assert.deepEqual([began.phase, began.startedAt], ['Running', at(1)]);
  assert.equal(fold(began, running(3)).startedAt, at(1));
  assert.equal(fold(began, running(3), posted('Succeeded', 'True', 4)).startedAt, at(1));
  assert.equal(fold(began, seen({ phase: 'Running', startedAt: at(2) })).startedAt, at(2));
  assert.equal(fold(began, seen({ phase: 'Running' })).startedAt, undefined);
});

test('an end that the cluster has forgotten keeps its start, whatever start the cluster states', () => {
  const ended = fold(delivered, seen({ phase: 'Succeeded', startedAt: at(1) }));
  assert.equal(fold(ended, seen({ phase: 'Running' })).startedAt, at(1));
  assert.equal(fold(ended, seen({ phase: 'Running', startedAt: at(3) })).startedAt, at(1));
});

test('a copy expires from the start that is known, and without one from when the Operation was made', () => {
  const begun = fold(delivered, posted('Running', 'True', 1, {}, { startedAt: at(1) }));
  assert.equal(fold(begun, posted('Succeeded', 'True', 4)).expiresAt, '2026-06-27T10:01:00.000Z');
  assert.equal(fold(delivered, posted('Succeeded', 'True', 4)).expiresAt, '2026-06-27T09:59:00.000Z');
  assert.equal(begun.expiresAt, undefined);
  assert.equal(fold({ ...delivered, type: 'Restore' }, posted('Succeeded', 'True', 4)).expiresAt, undefined);
});

test('of two posted conditions the one of the later generation counts, and without generations the later one', () => {
  const taken = (known: object, next: object, minutes: readonly [number, number]) => {
    const [first, second] = minutes;
    const before = fold(delivered, posted('Blocked', 'True', first, known));
    return conditionOf(fold(before, posted('Blocked', 'False', second, next)), 'Blocked')?.status === 'False';
  };
  const generation = (observedGeneration: number) => ({ observedGeneration });
  for (const [known, next, minutes, expected] of [
    [generation(2), generation(1), [1, 2], false],
    [generation(1), generation(2), [2, 1], true],
    [generation(2), generation(2), [1, 2], true],
    [generation(2), generation(2), [2, 1], false],
    [generation(2), {}, [1, 2], true],
    [generation(2), {}, [2, 1], false],
    [{}, generation(1), [1, 2], true],
    [{}, generation(3), [2, 1], false],
    [{}, {}, [1, 2], true],
    [{}, {}, [2, 1], false],
    [{}, {}, [1, 1], true],
  ] as const)
    assert.equal(taken(known, next, minutes), expected, JSON.stringify([known, next, minutes]));
});

test('a posted condition replaces the one of its type, and leaves the others', () => {
  const both = fold(delivered, posted('Accepted', 'True', 1), posted('Blocked', 'True', 1));
  const after = fold(both, posted('Blocked', 'False', 2));
  assert.deepEqual(
    after.conditions.slice(1).map(({ type, status, reason }) => [type, status, reason]),
    [
      ['Accepted', 'True', 'Accepted1'],
      ['Blocked', 'False', 'Blocked2'],
    ],
  );
});

const timedOut: KnownOperation = {
  ...delivered,
  phase: 'Failed',
  finishedAt: at(5),
  conditions: [
    { type: 'Failed', status: 'True', reason: 'RunningTimeout', message: 'too long', lastTransitionTime: at(5) },
  ],
};

test('a single condition can contradict an end, keeps the time of the contradiction, and takes none back', () => {
  const first = observe(timedOut, posted('Succeeded', 'True', 7), now).operation;
  assert.deepEqual([first.phase, first.finishedAt], ['Failed', at(5)]);
  assert.deepEqual(first.contradiction, { phase: 'Succeeded', message: 'Succeeded7', at: now });
  assert.notEqual(first.expiresAt, undefined, 'it has a copy all the same');
  const again = observe(first, posted('Succeeded', 'True', 8), later).operation;
  assert.equal(again.contradiction?.at, now);
  for (const other of [posted('Running', 'False', 8), posted('Blocked', 'True', 8)])
    assert.deepEqual(observe(first, other, later).operation.contradiction, first.contradiction);
  assert.equal(observe(first, posted('Cancelled', 'True', 9), later).operation.contradiction?.at, later);
});

test('an end of ours is no contradiction when the cluster states the same, or none', () => {
  assert.equal(observe(timedOut, posted('Failed', 'True', 7), now).operation.contradiction, undefined);
  assert.equal(observe(timedOut, posted('Running', 'True', 7), now).operation.contradiction, undefined);
  assert.equal(observe(timedOut, seen({ phase: 'Running' }), now).operation.contradiction, undefined);
  assert.equal(observe(delivered, posted('Succeeded', 'True', 7), now).operation.contradiction, undefined);
});

test('a Delete is owed for what lives although it was given up; never for what is deleted, posted, foreign or finished', () => {
  const cancelled: KnownOperation = { ...delivered, phase: 'Cancelled', cancelRequestedAt: now };
  const { deliveredAt: _, ...neverDelivered } = { ...delivered, phase: 'Failed' as const };
  const running = seen({ phase: 'Running' });
  for (const known of [cancelled, neverDelivered]) {
    assert.equal(observe(known, running, now).owed, 'Cancel');
    assert.equal(observe(known, { ...running, deleted: true }, now).owed, undefined, 'deleted');
    assert.equal(observe(known, { ...running, source: 'Posted' }, now).owed, undefined, 'posted');
    assert.equal(observe({ ...known, origin: 'cluster' }, running, now).owed, undefined, 'foreign');
    for (const phase of ['Succeeded', 'Failed', 'Cancelled'])
      assert.equal(observe(known, seen({ phase }), now).owed, undefined, phase);
  }
  const { cancelRequestedAt: __, ...endedThere } = cancelled;
  for (const known of [delivered, timedOut, endedThere, { ...delivered, cancelRequestedAt: now }])
    assert.equal(observe(known, running, now).owed, undefined, known.phase);
});

test('what was given up is withdrawn while it has not started, by whichever version; never what runs or was seen to', () => {
  const pending = seen({ phase: 'Pending' });
  const [failed] = timedOut.conditions;
  assert.ok(failed !== undefined);
  const neverStarted: KnownOperation = {
    ...timedOut,
    type: 'Restore',
    conditions: [{ ...failed, reason: 'PendingTimeout' }],
  };
  const withdrawn = observe(neverStarted, pending, now);
  assert.equal(withdrawn.owed, 'Withdraw');
  assert.deepEqual(
    [withdrawn.operation.phase, conditionOf(withdrawn.operation, 'Withdrawing')?.reason],
    ['Failed', 'LeftBehind'],
  );
  assert.deepEqual(
    withdrawn.events.filter(({ type }) => type === 'Warning').map(({ reason }) => reason),
    ['Withdrawing'],
  );
  assert.equal(observe(withdrawn.operation, pending, later).events.length, 0, 'it is told once');
  for (const status of [{ phase: 'Running' }, { phase: 'Pending', startedAt: now }])
    assert.equal(observe(neverStarted, seen(status), now).owed, undefined);
  for (const known of [timedOut, { ...neverStarted, startedAt: now }, delivered])
    assert.equal(observe(known, pending, now).owed, undefined);
});

test('our own conditions outlast what the cluster states, and a start settles a withdrawal', () => {
  const condition = { type: 'Withdrawing', status: 'True', reason: 'PendingTimeout', message: 'm' } as const;
  const known: KnownOperation = { ...delivered, conditions: [{ ...condition, lastTransitionTime: at(1) }] };
  const blocked = { type: 'Blocked', status: 'True', reason: 'ConflictingOperation' };
  const forged = { type: 'Withdrawing', status: 'False', reason: 'Forged' };
  const still = fold(known, seen({ phase: 'Pending', conditions: [blocked, forged] }));
  assert.deepEqual(
    [conditionOf(still, 'Withdrawing')?.reason, conditionOf(still, 'Blocked')?.status],
    ['PendingTimeout', 'True'],
  );
  const started = fold(known, seen({ phase: 'Running' }));
  assert.deepEqual([conditionOf(started, 'Withdrawing')?.status, started.phase], ['False', 'Running']);
  const gone = fold(known, seen({ phase: 'Pending' }, { deleted: true, source: 'Watched' }));
  assert.deepEqual([gone.phase, conditionOf(gone, 'Failed')?.reason], ['Failed', 'PendingTimeout']);
  const deletedByOthers = fold(delivered, seen({ phase: 'Pending' }, { deleted: true, source: 'Watched' }));
  assert.equal(conditionOf(deletedByOthers, 'Failed')?.reason, 'ExternalDeletion');
});

test('an end keeps the time that is known of it, until a whole status knows it better', () => {
  const ended = fold(delivered, posted('Succeeded', 'True', 4));
  assert.deepEqual([ended.finishedAt, ended.endIsPosted], [at(4), true]);
  const wordless = fold(ended, seen({ phase: 'Succeeded' }));
  assert.deepEqual([wordless.finishedAt, wordless.endIsPosted], [at(4), undefined]);
  assert.equal(fold(ended, seen({ phase: 'Succeeded', finishedAt: at(6) })).finishedAt, at(6));
  assert.equal(fold(wordless, seen({ phase: 'Succeeded', finishedAt: at(6) })).finishedAt, at(4));
  assert.equal(fold(delivered, seen({ phase: 'Succeeded' })).finishedAt, now);
});

test('a start is never after its end: such a start is of a later run', () => {
  const running = fold(delivered, seen({ phase: 'Running', startedAt: at(1) }));
  const starts = (startedAt: string, from = running) =>
    fold(from, seen({ phase: 'Succeeded', startedAt, finishedAt: at(5) })).startedAt;
  assert.deepEqual([starts(at(2)), starts(at(5)), starts(at(6))], [at(2), at(5), at(1)]);
  assert.equal(starts(at(6), delivered), undefined);
  const { startedAt: _, ...ended } = fold(delivered, seen({ phase: 'Succeeded', finishedAt: at(5) }));
  const postedStart = (minute: number) =>
    fold(ended, posted('Running', 'False', minute, {}, { startedAt: at(minute) })).startedAt;
  assert.deepEqual([postedStart(4), postedStart(5), postedStart(6)], [at(4), at(5), undefined]);
});
