/** An Operation is told of an end that the operator hides, once, and of nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleOperation } from '../../../../test/support/core/operation-example.ts';
import { velerosAt as at, exampleWord } from '../../../../test/support/core/velero-example.ts';
import { withdrawalOf } from '../../operations/rules/giving-up/withdraw.ts';
import type { KnownOperation } from '../../operations/rules/observed/observation.ts';
import { observe } from '../../operations/rules/observed/observe.ts';
import { ObservedStatus } from '../../operations/rules/observed/observed-status.ts';
import { isEngineIdle, toldByVelero } from './engine-end.ts';

const now = at(10);
const running: KnownOperation = {
  ...exampleOperation,
  uid: 'uid-1',
  phase: 'Running',
  deliveredAt: at(0),
  startedAt: at(1),
};
const failedCondition = (message: string) => ({
  ...({ type: 'Failed', status: 'True', reason: 'EngineFailed', message, lastTransitionTime: at(6) } as const),
});
const failed = (message: string): KnownOperation => ({
  ...running,
  ...{ phase: 'Failed', finishedAt: at(6), conditions: [failedCondition(message)] },
});
const word = (phase: string, more: object = {}) => ({ ...exampleWord, phase, copied: false, ...more });
const refused = word('FailedValidation', { validationErrors: ['storage location "x" not found'] });
const partial = word('PartiallyFailed', { errorCount: 2, warningCount: 0 });
const failedOf = ({ conditions }: KnownOperation) => conditions.find(({ type }) => type === 'Failed');
/** The operator looks again, and states the same. */
const seenAgain = (operation: KnownOperation, phase: string, conditions: object[]) =>
  observe(
    operation,
    {
      ...{ name: operation.name, namespace: operation.namespace, uid: 'uid-1', deleted: false, source: 'Listed' },
      status: ObservedStatus.parse({ phase, startedAt: at(1), conditions }),
    },
    at(60),
  );

test('a Backup that Velero does not begin with fails at once with its errors, and stays failed while the operator says Running', () => {
  for (const operation of [running, { ...running, phase: 'Pending' as const }]) {
    const { operation: ended, events, told } = toldByVelero(operation, refused, now);
    assert.deepEqual([ended.phase, ended.finishedAt, told], ['Failed', now, true]);
    assert.equal(failedOf(ended)?.reason, 'FailedValidation');
    assert.match(failedOf(ended)?.message ?? '', /storage location "x" not found/);
    assert.deepEqual(
      events.map(({ type, reason }) => [type, reason]),
      [
        ['Warning', 'Failed'],
        ['Warning', 'Withdrawing'],
      ],
    );
    const after = seenAgain(ended, 'Running', []);
    assert.deepEqual([after.operation.phase, failedOf(after.operation)?.reason], ['Failed', 'FailedValidation']);
    assert.deepEqual(toldByVelero(after.operation, refused, at(61)).changed, false);
  }
});

test('what Velero refused is withdrawn, because the operator leaves it Running for ever, and once only', () => {
  for (const type of ['Backup', 'Restore'] as const) {
    const { operation, owed } = toldByVelero({ ...running, type }, refused, now);
    assert.equal(owed, 'Withdraw');
    const { type: _, status, reason } = withdrawalOf(operation) ?? assert.fail();
    assert.deepEqual([status, reason], ['True', 'FailedValidation']);
    assert.deepEqual([operation.inFlightInCluster?.phase, operation.inFlightInCluster?.since], ['Running', now]);
    assert.equal(toldByVelero(operation, refused, at(61)).owed, undefined);
  }
  const condition = { ...failedCondition('late'), reason: 'RunningTimeout' };
  const late = toldByVelero({ ...running, phase: 'Failed', conditions: [condition] }, refused, now);
  assert.deepEqual([late.owed, failedOf(late.operation)?.reason], ['Withdraw', 'RunningTimeout']);
  assert.equal(toldByVelero({ ...running, cancelRequestedAt: at(9) }, refused, now).owed, 'Cancel');
  const unknown = toldByVelero({ ...running, uid: undefined }, refused, now);
  assert.deepEqual([unknown.changed, unknown.told], [false, false], 'it is told once its resource is known');
  assert.equal(toldByVelero(running, { ...refused, copied: true }, now).owed, undefined, 'a copy has that name');
  assert.equal(toldByVelero(failed('no space left'), refused, now).owed, undefined, 'the operator has ended it');
});

test('an engine is known to be idle only by its own word, and never where a copy may be', () => {
  const idle = (phase: string, more: object = {}) => isEngineIdle(word(phase, more));
  assert.deepEqual(
    ['FailedValidation', 'Failed', 'New', 'InProgress', 'Completed', 'PartiallyFailed'].map((phase) => idle(phase)),
    [true, true, false, false, false, false],
  );
  assert.equal(idle('InProgress', { goneAt: now }), false, 'Velero may still work on what it has begun');
  assert.equal(idle('FailedValidation', { copied: true }), false);
  assert.equal(isEngineIdle(undefined), false);
});

test("a failure without a word of the operator's gets Velero's, with the counts, and keeps them when the operator looks again", () => {
  const { operation, events, told } = toldByVelero(failed(''), partial, now);
  assert.deepEqual([operation.phase, operation.finishedAt, told], ['Failed', at(6), true]);
  assert.match(failedOf(operation)?.message ?? '', /PartiallyFailed \(2 errors, 0 warnings, 412 items\)/);
  assert.equal(events.length, 1);
  const after = seenAgain(operation, 'Failed', [failedCondition('')]);
  assert.match(failedOf(after.operation)?.message ?? '', /2 errors/);
  assert.ok(!after.events.some(({ reason }) => reason === 'Failed'));
  assert.equal(toldByVelero(after.operation, partial, at(61)).changed, false);
});

test('what ended long ago gets its words without an event', () => {
  const { changed, events } = toldByVelero(failed(''), partial, at(60 * 25));
  assert.deepEqual([changed, events], [true, []]);
});

test('nothing else changes an Operation', () => {
  const same = (operation: KnownOperation, said = partial) => {
    const { operation: after, changed, told } = toldByVelero(operation, said, now);
    assert.deepEqual([after, changed], [operation, false]);
    return told;
  };
  assert.equal(same(running), false, 'its end comes by the operator, and its words may be needed then');
  assert.equal(same(failed('no space left')), true);
  assert.equal(same({ ...running, phase: 'Succeeded' }), true);
  assert.equal(same({ ...running, phase: 'Cancelled' }, refused), true);
  assert.equal(same(running, { ...refused, operationUid: 'another' }), true);
  assert.equal(same(running, word('InProgress')), true);
});
