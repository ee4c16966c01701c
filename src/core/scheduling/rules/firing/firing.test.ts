import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dueSchedule } from '../../../../../test/support/core/due-schedule-example.ts';
import { nextSlot } from '../../../time/rules/recurrence.ts';
import type { DueSchedule } from './due-schedule.ts';
import { decideFires } from './firing.ts';

const due: DueSchedule = {
  ...dueSchedule,
  schedule: '0 2 * * *',
  cadence: 'daily',
  template: { parameters: { snapshotVolumes: false } },
  defaultParameters: { snapshotVolumes: true, storageLocation: 'aws-primary' },
};
const nothing = { windows: [], room: new Map<string, number>() };
let counter = 0;
const tools = { nextSlot, newId: () => `id-${counter++}` };

test('a slot makes one Operation, one row of the ledger, one event, and the next slot', () => {
  const rows = decideFires([due], nothing, '2026-05-28T02:00:00.300Z', tools);
  assert.equal(rows.operations.length, 1);
  const [operation] = rows.operations;
  assert.deepEqual(operation?.parameters, { snapshotVolumes: false, storageLocation: 'aws-primary' });
  assert.deepEqual(
    [operation?.ttl, operation?.ttlSource, operation?.scheduledFor],
    ['720h', 'applicationClass', '2026-05-28T02:00:00.000Z'],
  );
  assert.deepEqual(
    rows.fires.map(({ outcome, slotCount, delayMs, operationId }) => ({ outcome, slotCount, delayMs, operationId })),
    [{ outcome: 'Fired', slotCount: 1, delayMs: 300, operationId: operation?.id }],
  );
  assert.equal(rows.events.length, 1);
  assert.deepEqual(rows.advances, [
    {
      scheduleId: due.id,
      lastFireAt: '2026-05-28T02:00:00.000Z',
      accountedUntil: '2026-05-28T02:00:00.000Z',
      nextSlotAt: '2026-05-29T02:00:00.000Z',
      nextFireAt: '2026-05-29T02:00:00.000Z',
    },
  ]);
});

test('after an outage the newest slot fires late and the others are accounted for in one row', () => {
  const rows = decideFires([due], nothing, '2026-05-31T05:00:00.000Z', tools);
  assert.equal(rows.operations.length, 1);
  assert.deepEqual(
    rows.fires.map(({ outcome, scheduledFor, lastScheduledFor, slotCount }) => ({
      outcome,
      scheduledFor,
      lastScheduledFor,
      slotCount,
    })),
    [
      {
        outcome: 'Coalesced',
        scheduledFor: '2026-05-28T02:00:00.000Z',
        lastScheduledFor: '2026-05-30T02:00:00.000Z',
        slotCount: 3,
      },
      { outcome: 'Late', scheduledFor: '2026-05-31T02:00:00.000Z', lastScheduledFor: undefined, slotCount: 1 },
    ],
  );
});
