/** A part of a document is merged by RFC 7396, and what a whole new one drops is named. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { droppedWarnings, merged } from './partial-document.ts';

test('a key that is absent stays, one that is null goes, and the others are replaced', () => {
  assert.deepEqual(merged({ a: 1, b: 2, c: 3 }, { b: null, c: 4 }), { a: 1, c: 4 });
  assert.deepEqual(Object.keys(merged<{ a?: number; b?: number | undefined }>({ a: 1 }, { b: undefined })), ['a']);
});

test('what a new document no longer has is named once, and nothing is said without one', () => {
  assert.deepEqual(droppedWarnings('retention', { a: 1, b: 2 }, undefined), []);
  assert.deepEqual(droppedWarnings('retention', { a: 1 }, { a: 2, b: 1 }), []);
  assert.deepEqual(droppedWarnings('retention', { a: 1, b: 2 }, { b: 2 }), [
    'retention was replaced as a whole: a is no longer set.',
  ]);
  assert.deepEqual(droppedWarnings('retention', { a: 1, b: 2 }, {}), [
    'retention was replaced as a whole: a, b are no longer set.',
  ]);
});
