/** The status of a resource may hold anything. The record takes as much of it as it can keep. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { exampleOperation as operation } from '../../../../../test/support/core/operation-example.ts';
import type { Observation } from './observation.ts';
import { observe } from './observe.ts';
import {
  ObservedStatus,
  phaseMessage,
  statedConditions,
  statedOutputs,
  statedPhase,
  statedProgress,
  warningsIn,
} from './observed-status.ts';

const now = '2026-05-28T10:10:00.000Z';
const condition = (type: string, reason: string, message = '') => ({
  type,
  status: 'True',
  reason,
  message,
  lastTransitionTime: '2026-05-28T10:01:00Z',
});

const seen = (status: object): Observation => ({
  name: operation.name,
  namespace: operation.namespace,
  uid: 'uid-1',
  deleted: false,
  status: ObservedStatus.parse(status),
});

test('what a cluster states is bounded, and is text that a database takes', () => {
  const many = Array.from({ length: 500 }, (_, n) => condition(`Type${n}`, 'R', `${'ä'.repeat(2000)}\u0000`));
  const huge = seen({
    phase: 'Running',
    conditions: many,
    outputs: {
      note: 'a\u0000b\ud800',
      big: ['x'.repeat(9000), 'y'.repeat(9000)],
      warnings: Array(500).fill(0).map(String),
    },
  });
  const { operation: read } = observe(operation, huge, now);
  assert.ok(read.conditions.length <= 64);
  for (const { message } of read.conditions)
    assert.ok(Buffer.byteLength(message) <= 1024 && !message.includes('\uFFFD'));
  assert.deepEqual(read.outputs.note, 'a\uFFFDb\uFFFD');
  assert.equal('big' in read.outputs, false);
  assert.ok(
    observe(operation, seen({ outputs: { warnings: Array.from({ length: 500 }, (_, n) => `w${n}`) } }), now).operation
      .warnings.length <= 100,
  );
});

test('a status of any shape is read as far as it makes sense, and never an error', () => {
  fc.assert(
    fc.property(fc.anything(), (status) => {
      observe(operation, { ...seen({}), status: ObservedStatus.parse(status) }, now);
    }),
  );
  const odd = ObservedStatus.parse({
    phase: 'Imagined',
    conditions: ['x', condition('Accepted', 'TemplateValidated'), { type: 1 }],
    progress: { totalItems: -1, itemsBackedUp: 'many' },
  });
  const read = observe(operation, { ...seen({}), status: odd }, now).operation;
  assert.equal(read.phase, 'Pending');
  assert.ok(read.conditions.some(({ type }) => type === 'Accepted'));
});

test('an instant out of the years 1970 to 2999, or too long to be stored, counts as not stated', () => {
  const far = [
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:59Z',
    `2026-05-28T10:00:00.${'0'.repeat(150)}Z`,
  ];
  for (const at of far) {
    const status = {
      phase: 'Succeeded',
      startedAt: at,
      finishedAt: at,
      conditions: [{ ...condition('Succeeded', 'EngineCompleted'), lastTransitionTime: at }],
    };
    const { operation: read } = observe(operation, seen(status), now);
    assert.deepEqual([read.phase, read.finishedAt], ['Succeeded', now], at);
    assert.doesNotMatch(JSON.stringify(read), new RegExp(at), at);
  }
});

const status = (of: object) => ObservedStatus.parse(of);
const stated = (type: string, status: string, reason = 'R', message = '') => ({
  ...condition(type, reason, message),
  status,
});

test('the phase is the one that is stated, else the furthest that the conditions imply, an end before all others', () => {
  const all = ['Cancelled', 'Failed', 'Succeeded', 'Running'].map((type) => stated(type, 'True'));
  for (const [n, phase] of ['Cancelled', 'Failed', 'Succeeded', 'Running', 'Pending'].entries()) {
    assert.equal(statedPhase(status({ conditions: all.slice(n).toReversed() }), false), phase);
    assert.equal(statedPhase(status({ phase, conditions: all }), false), phase);
  }
  const implied = (...conditions: readonly object[]) => statedPhase(status({ conditions }), false);
  for (const type of ['Cancelled', 'Failed', 'Succeeded', 'Running'])
    assert.equal(implied(stated(type, 'False'), stated(type, 'Unknown')), 'Pending', type);
  assert.equal(implied(stated('Accepted', 'False', 'VeleroBackupValidationFailed')), 'Failed');
  assert.equal(implied(stated('Accepted', 'False', 'TargetNotReady')), 'Pending');
  assert.equal(implied(stated('Accepted', 'True', 'ValidationFailed')), 'Pending');
  assert.equal(statedPhase(status({}), true), 'Pending');
});

test('a failure for a deletion is a cancel only where a cancel was asked for', () => {
  for (const [reason, isCancel] of [
    ['Deleted', true],
    ['CancelledByUser', true],
    ['SupersededByOperation', true],
    ['EngineFailed', false],
  ] as const) {
    const failed = status({
      phase: 'Failed',
      conditions: [stated('Accepted', 'True'), stated('Failed', 'True', reason)],
    });
    assert.equal(statedPhase(failed, true), isCancel ? 'Cancelled' : 'Failed', reason);
    assert.equal(statedPhase(failed, false), 'Failed', reason);
  }
  const unsaid = [stated('Failed', 'False', 'Deleted'), stated('Other', 'True', 'Deleted')];
  assert.equal(statedPhase(status({ phase: 'Failed', conditions: unsaid }), true), 'Failed');
  assert.equal(
    statedPhase(status({ phase: 'Succeeded', conditions: [stated('Failed', 'True', 'Deleted')] }), true),
    'Succeeded',
  );
});

test('a partial failure is told as Degraded, with the words of the cluster, unless it states Degraded itself', () => {
  const at = condition('x', 'x').lastTransitionTime;
  const degraded = (...conditions: readonly object[]) =>
    statedConditions(status({ conditions }), [], now).filter(({ type }) => type === 'Degraded');
  const own = { type: 'Degraded', status: 'True', reason: 'PartialFailure', lastTransitionTime: at };
  const without = 'The engine could not process everything; see warnings.';
  for (const [reason, message, words] of [
    ['VeleroBackupPartiallyFailed', '', without],
    ['VeleroBackupPartiallyFailed', '2 items are missing', '2 items are missing'],
    ['EngineFailed', 'velero backup partial failure', 'velero backup partial failure'],
    ['EngineFailed', 'partially-failed', 'partially-failed'],
  ] as const)
    assert.deepEqual(degraded(stated('Succeeded', 'True', reason, message)), [{ ...own, message: words }], reason);
  assert.deepEqual(degraded(stated('Succeeded', 'True', 'EngineCompleted', 'all of it')), []);
  assert.deepEqual(degraded(stated('Succeeded', 'False', 'PartiallyFailed')), []);
  const theirs = stated('Degraded', 'False', 'Theirs');
  assert.deepEqual(
    degraded(stated('Succeeded', 'True', 'PartiallyFailed'), theirs).map(({ reason }) => reason),
    ['Theirs'],
  );
});

test('of two conditions of a type the last is taken, none of a type that is ours, and 56 at most', () => {
  const { lastTransitionTime: _, ...timeless } = stated('Running', 'True', 'B', 'm');
  const known = [{ ...stated('Running', 'True'), status: 'True' as const, lastTransitionTime: '2026-05-28T09:00:00Z' }];
  const read = (conditions: readonly object[], before = known) => statedConditions(status({ conditions }), before, now);
  const running = { type: 'Running', status: 'True', reason: 'B', message: 'm' };
  assert.deepEqual(read([stated('Running', 'True', 'A'), stated('Delivered', 'False'), timeless]), [
    { ...running, lastTransitionTime: '2026-05-28T09:00:00Z' },
  ]);
  assert.deepEqual(read([timeless], []), [{ ...running, lastTransitionTime: now }]);
  assert.deepEqual(read([{ ...timeless, status: 'False' }]), [
    { ...running, status: 'False', lastTransitionTime: now },
  ]);
  assert.deepEqual(read([{ type: 'A', status: 'True', observedGeneration: 0 }]), [
    { ...{ type: 'A', status: 'True', reason: '', message: '' }, lastTransitionTime: now, observedGeneration: 0 },
  ]);
  assert.deepEqual(read([]), []);
  const many = Array.from({ length: 60 }, (_, n) => stated(`T${n}`, 'True'));
  assert.deepEqual(
    read(many).map(({ type }) => type),
    many.slice(0, 56).map(({ type }) => type),
  );
});

test('progress counts what is done, under whichever name it is stated, and says nothing without it', () => {
  const progress = (of: object) => statedProgress(status({ progress: of }));
  assert.deepEqual(progress({ itemsDone: 1, itemsBackedUp: 2, itemsRestored: 3, totalItems: 9 }), {
    itemsDone: 1,
    totalItems: 9,
  });
  assert.deepEqual(progress({ itemsBackedUp: 2, itemsRestored: 3 }), { itemsDone: 2 });
  assert.deepEqual(progress({ itemsRestored: 0 }), { itemsDone: 0 });
  assert.equal(progress({ totalItems: 9 }), undefined);
  assert.equal(statedProgress(status({})), undefined);
});

test('outputs are kept at any depth as text that PostgreSQL takes, without those of more than 8 KiB', () => {
  const odd = { 'k\u0000': ['a\u0000', 7, true, null, { inner: '\ud800' }] };
  assert.deepEqual(statedOutputs(status({ outputs: { ...odd, fits: 'x'.repeat(8190), long: 'x'.repeat(8191) } })), {
    'k\uFFFD': ['a\uFFFD', 7, true, null, { inner: '\uFFFD' }],
    fits: 'x'.repeat(8190),
  });
  assert.deepEqual(statedOutputs(status({})), {});
});

test('64 outputs are kept and 128 KiB of them together: one that no longer fits is left out, and a smaller one may follow', () => {
  const keys = (outputs: object) => Object.keys(statedOutputs(status({ outputs })));
  const many = Object.fromEntries(Array.from({ length: 70 }, (_, n) => [`k${n}`, n]));
  assert.deepEqual(keys(many), Object.keys(many).slice(0, 64));
  const large = Object.fromEntries(Array.from({ length: 15 }, (_, n) => [`k${n}`, 'x'.repeat(8190)]));
  const rest = { most: 'x'.repeat(8180), more: 'x'.repeat(20), last: 'x'.repeat(8) };
  assert.deepEqual(keys({ ...large, ...rest }), [...Object.keys(large), 'most', 'last']);
});

test('warnings are texts, a hundred at most, each cut to 1 KiB, and may be longer together than another output', () => {
  const warnings = [7, ...Array.from({ length: 101 }, (_, n) => `${n} ${'w'.repeat(1024)}`), null];
  const kept = statedOutputs(status({ outputs: { warnings } }));
  const read = warningsIn(kept);
  assert.deepEqual(kept, { warnings: read });
  assert.equal(read.length, 100);
  assert.deepEqual([read[0], read[99]], [`0 ${'w'.repeat(1019)}…`, `99 ${'w'.repeat(1018)}…`]);
  assert.deepEqual(warningsIn({ warnings: 'none' }), []);
  assert.deepEqual(statedOutputs(status({ outputs: { warnings: { a: 'b' } } })), { warnings: { a: 'b' } });
});

test('a phase is told in the words of its own condition, else of why it was not accepted, else by its name', () => {
  const told = (...conditions: readonly object[]) =>
    phaseMessage('Failed', statedConditions(status({ conditions }), [], now));
  const refused = stated('Accepted', 'False', 'ValidationFailed', 'no such location');
  assert.equal(told(refused, stated('Failed', 'True', 'EngineFailed', 'no space')), 'EngineFailed: no space');
  assert.equal(told(refused, stated('Failed', 'False', 'EngineFailed')), 'ValidationFailed: no such location');
  assert.equal(told(stated('Accepted', 'True'), stated('Other', 'False')), 'Failed');
  assert.equal(told(stated('Failed', 'True', 'EngineFailed', '')), 'EngineFailed');
  assert.equal(told(stated('Failed', 'True', '', 'no space')), 'no space');
});
