import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultRetention } from '../../applications/rules/retention.ts';
import { nextSlot } from '../../time/rules/recurrence.ts';
import type { DueSchedule } from './due.ts';
import { planFires } from './firing.ts';

const due: DueSchedule = {
  id: '01a1fc2c-56dc-776a-9702-a499873becfb',
  organizationId: '01a1fc2c-56a5-7175-aa09-f11b84433da1',
  clusterId: '01a1fc2c-56b5-7519-ac1b-2c2e74776d61',
  applicationInstanceId: '01a1fc2c-56c4-7482-a9b6-392998819805',
  name: 'nightly',
  schedule: '0 2 * * *',
  timeZone: 'Etc/UTC',
  cadence: 'daily',
  template: { parameters: { snapshotVolumes: false } },
  nextSlotAt: '2026-05-28T02:00:00.000Z',
  concurrencyPolicy: 'Forbid',
  missedFires: 'Latest',
  suspend: false,
  organizationSuspend: false,
  clusterSuspend: false,
  restoring: false,
  namespace: 'org-myteam',
  target: 'nextcloud-myteam',
  classRetention: defaultRetention,
  deliveryDeadlineSeconds: 86_400,
  defaultParameters: { snapshotVolumes: true, storageLocation: 'aws-primary' },
};
const nothing = { windows: [], room: new Map<string, number>() };
let counter = 0;
const tools = { nextSlot, newId: () => `id-${counter++}` };

test('a slot makes one Operation, one row of the ledger, one event, and the next slot', () => {
  const plan = planFires([due], nothing, '2026-05-28T02:00:00.300Z', tools);
  assert.equal(plan.operations.length, 1);
  const [operation] = plan.operations;
  assert.deepEqual(operation?.parameters, { snapshotVolumes: false, storageLocation: 'aws-primary' });
  assert.deepEqual(
    [operation?.ttl, operation?.ttlSource, operation?.scheduledFor],
    ['720h', 'applicationClass', '2026-05-28T02:00:00.000Z'],
  );
  assert.deepEqual(
    plan.fires.map(({ outcome, slotCount, delayMs, operationId }) => ({ outcome, slotCount, delayMs, operationId })),
    [{ outcome: 'Fired', slotCount: 1, delayMs: 300, operationId: operation?.id }],
  );
  assert.equal(plan.events.length, 1);
  assert.deepEqual(plan.advances, [
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
  const plan = planFires([due], nothing, '2026-05-31T05:00:00.000Z', tools);
  assert.equal(plan.operations.length, 1);
  assert.deepEqual(
    plan.fires.map(({ outcome, scheduledFor, lastScheduledFor, slotCount }) => ({
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
