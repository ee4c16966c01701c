/** What an Operation begins with: its class's defaults, its name, its time to live and its deadline. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleOperation } from '../../../../test/support/core/operation-example.ts';
import { defaultRetention } from '../../applications/rules/retention.ts';
import { type Beginning, begin, createdEvent } from './begin.ts';
import type { Operation } from './operation.ts';

const now = '2026-05-28T10:00:30.000Z';
const setting = {
  instance: {
    id: exampleOperation.applicationInstanceId ?? '',
    organizationId: exampleOperation.organizationId,
    clusterId: exampleOperation.clusterId,
    namespace: 'org-myteam',
    name: 'nextcloud-myteam',
  },
  applicationClass: {
    retention: defaultRetention,
    defaultParameters: { storageLocation: 'aws-primary', snapshotVolumes: true },
    deliveryDeadlineSeconds: 7200,
  },
} as unknown as Parameters<typeof begin>[0];
const begun = (more: Partial<Beginning> = {}) =>
  begin(setting, { id: exampleOperation.id, type: 'Backup', requestedBy: 'odoo', ...more }, now);

test("a Backup has its class's default parameters, and its own go over them key by key", () => {
  assert.deepEqual(begun().parameters, { storageLocation: 'aws-primary', snapshotVolumes: true });
  assert.deepEqual(begun({ parameters: { snapshotVolumes: false, csiSnapshotClassName: 'csi-rbd' } }).parameters, {
    storageLocation: 'aws-primary',
    snapshotVolumes: false,
    csiSnapshotClassName: 'csi-rbd',
  });
});

test('a Restore has its own parameters only', () => {
  assert.deepEqual(begun({ type: 'Restore', parameters: { backupName: 'b' } }).parameters, { backupName: 'b' });
});

test("without a deadline of its own it is delivered within its class's, from now", () => {
  assert.equal(begun().deliverBefore, '2026-05-28T12:00:30.000Z');
  assert.equal(begun({ deliveryDeadlineSeconds: 600 }).deliverBefore, '2026-05-28T10:10:30.000Z');
});

test("a schedule's deadline counts from the slot, and leaves a minute at least", () => {
  const slot = (scheduledFor: string) => ({ scheduleId: exampleOperation.id, scheduledFor });
  const of = (scheduledFor: string, startingDeadlineSeconds: number) =>
    begun({ slot: slot(scheduledFor), startingDeadlineSeconds }).deliverBefore;
  assert.equal(of('2026-05-28T10:00:00.000Z', 300), '2026-05-28T10:05:00.000Z');
  assert.equal(of('2026-05-28T10:00:00.000Z', 90), '2026-05-28T10:01:30.000Z');
  assert.equal(of('2026-05-28T09:00:00.000Z', 300), '2026-05-28T10:01:30.000Z');
});

test('a slot makes the same name each time, from the slot and the schedule', () => {
  const slot = { scheduleId: exampleOperation.clusterId, scheduledFor: '2026-05-28T02:00:00.000Z' };
  const named = (id: string, at: string) =>
    begin(setting, { id, type: 'Backup', requestedBy: 'odoo', slot, nameFrom: slot.scheduleId }, at).name;
  assert.equal(named('a', now), named('b', '2026-05-29T00:00:00.000Z'));
  assert.notEqual(begun({ id: '01a1fc2c-56fb-7710-ac89-bd6dadbe4434' }).name, begun().name);
  assert.deepEqual(
    [begun({ name: 'mine' }).name, begun({ slot }).origin, begun().origin],
    ['mine', 'schedule', 'request'],
  );
});

test('a Backup begins with all that was decided for it, and a request says who asked', () => {
  const ids = { applicationInstanceId: setting.instance.id, organizationId: setting.instance.organizationId };
  assert.deepEqual(
    begun({ ttl: { cadence: 'daily', request: '48h' }, onBehalfOf: 'mia', requestId: 'r', name: 'mine' }),
    {
      ...{
        id: exampleOperation.id,
        ...ids,
        clusterId: setting.instance.clusterId,
        name: 'mine',
        namespace: 'org-myteam',
      },
      ...{ target: 'nextcloud-myteam', type: 'Backup', engine: 'velero', ttl: '48h', ttlSource: 'request' },
      parameters: { storageLocation: 'aws-primary', snapshotVolumes: true },
      ...{ origin: 'request', requestedBy: 'odoo', onBehalfOf: 'mia', requestId: 'r', phase: 'Pending' },
      ...{
        conditions: [],
        outputs: {},
        warnings: [],
        deliverBefore: '2026-05-28T12:00:30.000Z',
        createdAt: now,
        revision: 1,
      },
    },
  );
  const fired = begun({ slot: { scheduleId: 's', scheduledFor: '2026-05-28T02:00:00.000Z' }, engine: 'volsync' });
  assert.deepEqual([fired.scheduleId, fired.scheduledFor, fired.engine], ['s', '2026-05-28T02:00:00.000Z', 'volsync']);
  assert.equal(fired.name, `nextcloud-myteam-backup-20260528t020000z-${exampleOperation.id.slice(-8)}`);
});

test('that it was made is told with who asked, and how long the copy is kept and why', () => {
  const told = (of: Operation) => {
    const { type, reason, message, at } = createdEvent(of, now);
    return [type, reason, message, at];
  };
  const words = 'Backup of org-myteam/nextcloud-myteam, requested by odoo';
  assert.deepEqual(told(exampleOperation), ['Normal', 'Created', `${words}, kept 720h (request).`, now]);
  const { ttl: _, ...restore } = exampleOperation;
  assert.deepEqual(told(restore), ['Normal', 'Created', `${words}.`, now]);
});
