/** What would hold back the next slots as things stand: each hold where it is true, and no other. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Organization } from '../../access/rules/access.ts';
import { holdsOn, type Surroundings, type UnderWay } from './holds.ts';
import type { Schedule } from './schedule.ts';

const free = { inClusterCount: 0 };
const holds = (
  cluster: Partial<Surroundings['cluster']> = {},
  underWay: Partial<UnderWay> = {},
  more: { organization?: Pick<Organization, 'suspend' | 'suspendReason'>; policy?: Schedule['concurrencyPolicy'] } = {},
) =>
  holdsOn(
    { concurrencyPolicy: more.policy ?? 'Forbid' },
    {
      cluster: { name: 'east', suspend: false, ...cluster },
      organization: more.organization,
      underWay: { ...free, ...underWay },
    },
  );
const reasons = (...given: Parameters<typeof holds>) =>
  holds(...given).map(({ effect, reason }) => `${effect} ${reason}`);

test('nothing holds back a slot where nothing is suspended, and nothing under way', () => {
  assert.deepEqual(holds(), []);
  assert.deepEqual(holds({}, {}, { organization: { suspend: false, suspendReason: 'before' } }), []);
});

test('a suspension of the organization or the cluster skips every slot, and says why it is suspended', () => {
  const organization = { suspend: true, suspendReason: 'Unpaid' };
  assert.deepEqual(holds({ suspend: true, suspendReason: 'Upgrade' }, {}, { organization }), [
    {
      ...{ effect: 'Skip', reason: 'OrganizationSuspended' },
      message: 'The organization is suspended (Unpaid): every slot is skipped until it is resumed.',
    },
    {
      ...{ effect: 'Skip', reason: 'ClusterSuspended' },
      message: 'The cluster east is suspended (Upgrade): every slot is skipped until it is resumed.',
    },
  ]);
  assert.match(holds({ suspend: true })[0]?.message ?? '', /^The cluster east is suspended: every/);
});

test('a slot waits for a Restore of its application, and with Forbid for the Operation before', () => {
  assert.deepEqual(reasons({}, { restore: 'r' }), ['Wait RestoreInFlight']);
  assert.match(holds({}, { restore: 'r' })[0]?.message ?? '', /^The Restore r of the application is open/);
  assert.deepEqual(reasons({}, { ofSchedule: 'b' }), ['Wait PreviousInFlight']);
  assert.match(holds({}, { ofSchedule: 'b' })[0]?.message ?? '', /^The Operation b of the schedule has not ended/);
  for (const policy of ['Allow', 'Replace'] as const)
    assert.deepEqual(reasons({}, { ofSchedule: 'b' }, { policy }), []);
});

test('a slot waits in a cluster that has as many Operations in flight as it takes', () => {
  assert.deepEqual(reasons({}, { inClusterCount: 9 }), [], 'it takes any number');
  assert.deepEqual(reasons({ inFlightLimit: 3 }, { inClusterCount: 2 }), []);
  for (const inClusterCount of [3, 4])
    assert.deepEqual(reasons({ inFlightLimit: 3 }, { inClusterCount }), ['Wait ClusterBusy']);
  assert.match(
    holds({ inFlightLimit: 3 }, { inClusterCount: 4 })[0]?.message ?? '',
    /^The cluster east takes 3 Operations at a time \(inFlightLimit\), and 4 are in flight/,
  );
});

test('all that holds is named, suspensions first', () => {
  const all = { restore: 'r', ofSchedule: 'b', inClusterCount: 1 };
  const organization = { suspend: true };
  assert.deepEqual(reasons({ suspend: true, inFlightLimit: 1 }, all, { organization }), [
    ...['Skip OrganizationSuspended', 'Skip ClusterSuspended'],
    ...['Wait RestoreInFlight', 'Wait PreviousInFlight', 'Wait ClusterBusy'],
  ]);
});
