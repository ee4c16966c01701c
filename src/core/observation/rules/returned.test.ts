/** Whose return a resource is: that of the Operation that it names, if it is otherwise the same and not the first one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Observation } from '../../operations/rules/observed/observation.ts';
import type { OwnOperation } from './foreign-operation.ts';
import { returnedOf } from './returned.ts';

const id = '01997b5e-4c52-7c43-8b5e-0d5a7b1f6a10';
const row: OwnOperation = {
  ...{ id, namespace: 'apps', name: 'ours', uid: 'uid-0', expected: false, here: true },
  ...{ type: 'Restore', engine: 'velero', target: 'shop' },
};
const spec = { type: 'Restore', engine: 'velero', target: 'shop', parameters: {} };
const seen = (more: Partial<Observation> = {}): Observation => ({
  ...{ name: 'ours', namespace: 'apps', uid: 'uid-1', deleted: false, source: 'Listed', status: {} },
  ...{ operationId: id, spec },
  ...more,
});
const isReturn = (observation: Observation, own: readonly OwnOperation[] = [row]) =>
  returnedOf(observation, own) !== undefined;

test('a resource with the id of an Operation under another uid has returned, in place, elsewhere and in another cluster', () => {
  assert.ok(isReturn(seen()));
  assert.ok(isReturn(seen({ namespace: 'copy' })));
  assert.ok(isReturn(seen({ operationId: id.toUpperCase() })));
  assert.ok(isReturn(seen(), [{ ...row, here: false }]));
  assert.ok(isReturn(seen({ namespace: 'copy' }), [{ ...row, uid: undefined }]));
});

test('the resource itself has not, nor has what stands at the place of an apply without an answer', () => {
  assert.ok(!isReturn(seen({ uid: 'uid-0' })));
  assert.ok(!isReturn(seen({ uid: 'uid-0' }), [{ ...row, here: false }]), 'registered twice');
  assert.ok(!isReturn(seen(), [{ ...row, uid: undefined, expected: true }]));
  assert.ok(!isReturn(seen(), [{ ...row, uid: undefined }]));
});

test("what only carries the annotation is somebody else's, and so is what names an Operation that is not ours", () => {
  assert.ok(!isReturn(seen(), []));
  assert.ok(!isReturn(seen({ operationId: undefined })));
  assert.ok(!isReturn(seen({ operationId: 'no id' })));
  assert.ok(!isReturn(seen({ name: 'another' })));
  for (const other of [{ type: 'Backup' }, { engine: 'volsync' }, { target: 'other' }])
    assert.ok(!isReturn(seen({ spec: { ...spec, ...other } })), JSON.stringify(other));
  assert.ok(!isReturn(seen({ spec: undefined })));
});
