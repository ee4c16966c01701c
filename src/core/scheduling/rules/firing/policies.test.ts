/** What becomes of slots by the policies, and how room in a cluster is shared. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dueSchedule as base } from '../../../../../test/support/core/due-schedule-example.ts';
import { onTime, ownPolicies } from '../../../../../test/support/core/policy-cases.ts';
import { surroundings } from '../../../../../test/support/core/surroundings-cases.ts';
import { nextSlot } from '../../../time/rules/recurrence.ts';
import { decideFires } from './firing.ts';

for (const { name, schedule, around, now = onTime, ledger, operations, next } of [...ownPolicies, ...surroundings]) {
  test(`slots have the fate that the policies say: ${name}`, () => {
    let id = 0;
    const rows = decideFires([{ ...base, ...schedule }], { windows: [], room: new Map(), ...around }, now, {
      nextSlot,
      newId: () => `id-${id++}`,
    });
    assert.deepEqual(
      rows.fires.map((fire) => `${fire.outcome}/${fire.reason}×${fire.slotCount}`),
      ledger,
    );
    assert.equal(rows.operations.length, operations);
    assert.equal(new Set(rows.operations.map(({ scheduledFor }) => scheduledFor)).size, operations);
    assert.equal(rows.advances.length, 1);
    if (next !== undefined) assert.equal(rows.advances[0]?.nextFireAt, next);
    assert.deepEqual(rows.cancelledIds, schedule?.concurrencyPolicy === 'Replace' ? ['x'] : []);
  });
}

test('room in a cluster is given to the oldest slots first, and to no more than it has', () => {
  const due = Array.from({ length: 5 }, (_, n) => ({ ...base, id: `01a1fc2c-56dc-776a-9702-00000000000${n}` }));
  let id = 0;
  const rows = decideFires(due, { windows: [], room: new Map([[base.clusterId, 2]]) }, onTime, {
    nextSlot,
    newId: () => `id-${id++}`,
  });
  assert.deepEqual(
    rows.fires.map(({ outcome }) => outcome),
    ['Fired', 'Fired', 'Deferred', 'Deferred', 'Deferred'],
  );
});

test('one schedule that fires several slots takes room for each of them', () => {
  const several = { missedFires: 'All', concurrencyPolicy: 'Allow' } as const;
  const due = [
    { ...base, ...several },
    { ...base, id: '01a1fc2c-56dc-776a-9702-000000000001', nextSlotAt: '2026-05-28T04:00:00.000Z' },
  ];
  let id = 0;
  const outcomes = (room: number) =>
    decideFires(due, { windows: [], room: new Map([[base.clusterId, room]]) }, '2026-05-28T04:00:00.100Z', {
      nextSlot,
      newId: () => `id-${id++}`,
    }).fires.map(({ outcome }) => outcome);
  assert.deepEqual(outcomes(3), ['Late', 'Late', 'Fired', 'Deferred']);
  assert.deepEqual(outcomes(4), ['Late', 'Late', 'Fired', 'Fired']);
});
