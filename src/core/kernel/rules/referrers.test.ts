/** What is still referred to is not removed, and the refusal counts what refers to it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refusal } from './problem.ts';
import { refuseRetired, refuseWhileReferred } from './referrers.ts';

const refusal = (act: () => void) => {
  try {
    act();
    return undefined;
  } catch (error) {
    assert.ok(error instanceof Refusal);
    return { code: error.code, detail: error.message, errors: error.errors };
  }
};
const removed = (referrers: Record<string, number>) =>
  refusal(() => refuseWhileReferred('The plan', 'deleted', referrers, 'Detach them.'));

test('what nothing refers to may go; else each kind is counted, in the plural where there are more', () => {
  assert.equal(removed({}), undefined);
  assert.equal(removed({ schedule: 0 }), undefined);
  assert.deepEqual(removed({ schedule: 1, window: 0, 'Operation that has ended': 1, 'Backup that others made': 2 }), {
    code: 'in-use',
    detail:
      'The plan cannot be deleted: 1 schedule, 1 Operation that has ended, 2 Backups that others made refer to it. Detach them.',
    errors: [],
  });
  assert.match(
    removed({ 'Operation that has not ended': 2 })?.detail ?? '',
    /: 2 Operations that have not ended refer/,
  );
});

test('what was retired takes nothing new, and the refusal names the field if one names it', () => {
  const at = '2026-05-28T10:00:00.000Z';
  const detail = `It was retired at ${at}. It keeps its history and takes nothing new; register it again instead.`;
  assert.equal(
    refusal(() => refuseRetired('It', undefined, '/clusterId')),
    undefined,
  );
  assert.deepEqual(
    refusal(() => refuseRetired('It', at)),
    { code: 'rule-violated', detail, errors: [] },
  );
  assert.deepEqual(
    refusal(() => refuseRetired('It', at, '/clusterId')),
    { code: 'rule-violated', detail, errors: [{ pointer: '/clusterId', detail }] },
  );
});
