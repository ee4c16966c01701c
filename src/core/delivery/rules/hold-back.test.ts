/** What is held back has a reason, a condition and one event, is looked at again, and goes by itself. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleOperation as backup } from '../../../../test/support/core/operation-example.ts';
import { type Approvals, decideHold, type Unsent } from './hold-back.ts';

const [now, later] = ['2026-05-28T10:00:00.000Z', '2026-05-28T10:00:10.000Z'];
const restore = { ...backup, type: 'Restore' } as const;
const free: Approvals = { demanded: false, assumed: false, approved: new Set(), because: 'It is set so.' };
const demanding: Approvals = { ...free, demanded: true };
const openRestore = { type: 'Restore', name: 'r-1', phase: 'Running' } as const;
const openBackup = { type: 'Backup', name: 'b-1', phase: 'Pending' } as const;
const reasonOf = (unsent: Unsent, approvals = free) =>
  decideHold(unsent, approvals, now).operation.conditions.find(({ type }) => type === 'Held')?.reason;

test('a Backup and a Restore wait for what is open of their application, and a Restore for its approval first', () => {
  for (const operation of [backup, restore]) {
    assert.equal(reasonOf({ operation }), undefined);
    assert.equal(reasonOf({ operation, openOther: openRestore }), 'RestoreInFlight');
    assert.equal(reasonOf({ operation, openOther: openBackup }), 'BackupInFlight');
  }
  assert.equal(reasonOf({ operation: restore, openOther: openBackup }, demanding), 'AwaitingApproval');
  assert.equal(reasonOf({ operation: backup }, demanding), undefined);
  assert.equal(reasonOf({ operation: restore }, { ...demanding, approved: new Set([restore.id]) }), undefined);
  assert.equal(reasonOf({ operation: restore }, { ...demanding, approved: new Set(['other']) }), 'AwaitingApproval');
});

test('it says what it waits for and how to let it go, once, and is looked at again after ten seconds', () => {
  const message =
    'The Restore r-1 of the application is open in the cluster. It is sent once that has ended or is gone. To send it before, cancel r-1.';
  const held = { type: 'Held', status: 'True', reason: 'RestoreInFlight', message, lastTransitionTime: now } as const;
  const first = decideHold({ operation: backup, openOther: openRestore }, free, now);
  assert.deepEqual(
    { ...first, events: first.events.map((event) => [event.type, event.reason, event.message, event.at]) },
    {
      operation: { ...backup, conditions: [held] },
      changed: true,
      lookAgainAt: later,
      events: [['Normal', 'HeldBack', message, now]],
    },
  );
  const again = decideHold({ operation: first.operation, openOther: openRestore }, free, later);
  assert.deepEqual([again.changed, again.events, again.operation], [false, [], first.operation]);
  const other = decideHold({ operation: first.operation, openOther: openBackup }, free, later);
  assert.deepEqual([other.changed, other.events.length], [true, 1]);
  const renamed = decideHold({ operation: first.operation, openOther: { ...openRestore, name: 'r-2' } }, free, later);
  assert.deepEqual([renamed.changed, renamed.events], [true, []], 'the same reason is told once');
  const gone = decideHold({ operation: first.operation }, free, later);
  assert.deepEqual(gone, { operation: backup, changed: true, events: [] });
  assert.deepEqual(decideHold({ operation: backup }, free, now), { operation: backup, changed: false, events: [] });
});

test('a Restore without an approval says why one is needed', () => {
  const [event] = decideHold({ operation: restore }, demanding, now).events;
  assert.equal(event?.message, 'It has no approval, and is not sent without one. It is set so.');
});

test('one that has ended here and is in flight again is let go by deleting its resource, not by a cancel', () => {
  const [event] = decideHold({ operation: backup, openOther: { ...openRestore, phase: 'Failed' } }, free, now).events;
  assert.match(
    event?.message ?? '',
    /^The Restore r-1 .* is Failed here, and in flight again .* before, delete the resource of r-1 in the cluster\.$/,
  );
});
