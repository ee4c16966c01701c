/** The status of a resource may hold anything. The record takes as much of it as it can keep. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { exampleOperation as operation } from '../../../../../test/support/core/operation-example.ts';
import type { Observation } from './observation.ts';
import { observe } from './observe.ts';
import { ObservedStatus } from './observed-status.ts';

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
