/** What a check says of a cluster: each condition for each finding, and the first cause before those that follow. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Discovery, isOutdated, nothingFound, refreshed } from './discovery.ts';
import { callConditions, credentialsExpiring } from './reported-conditions.ts';

const now = '2026-05-28T10:00:00.000Z';
const known = { status: 'Known', checkedAt: now } as const;
const operations = { group: 'ops.vworkspace.io', resource: 'operations', versions: ['v1alpha1'] };
const found = (parts: Partial<Discovery> = {}): Discovery => ({
  ...nothingFound(now, 'forbidden'),
  customResources: { ...known, items: [operations] },
  webhook: { ...known, answers: true },
  ...parts,
});
test('a call says whether the cluster is reached, and whether it takes the credentials', () => {
  const told = (failure: Parameters<typeof callConditions>[0]) =>
    callConditions(failure).map(({ type, status, reason }) => `${type} ${status} ${reason}`);
  assert.deepEqual(told(undefined), ['Reachable True Answered', 'Authenticated True Accepted']);
  assert.deepEqual(told({ kind: 'Unreachable', message: 'x' }), [
    'Reachable False Unreachable',
    'Authenticated Unknown Unreachable',
  ]);
  assert.deepEqual(told({ kind: 'CredentialsRejected', message: 'x' }), [
    'Reachable True Answered',
    'Authenticated False CredentialsRejected',
  ]);
  assert.deepEqual(told({ kind: 'ServerError', message: 'x' }), [
    'Reachable True Answered',
    'Authenticated True Accepted',
  ]);
});

test('credentials expire soon from fourteen days before, and are expired from that very moment on', () => {
  const at = (ms: number) => credentialsExpiring(new Date(Date.parse(now) + ms).toISOString(), now);
  const told = (ms: number) => [at(ms)?.status, at(ms)?.reason];
  const days = 14 * 86_400_000;
  assert.equal(credentialsExpiring(undefined, now), undefined);
  assert.deepEqual(told(days + 1), ['False', 'Valid']);
  assert.deepEqual(told(days), ['True', 'ExpiresSoon']);
  assert.deepEqual(told(1), ['True', 'ExpiresSoon']);
  assert.deepEqual(told(0), ['True', 'Expired']);
});

test('a part that a later check could not read keeps its last result and date, with the new problem', () => {
  const before = found({ server: { ...known, version: 'v1.34.1' } });
  const later = {
    ...nothingFound('2026-05-28T11:00:00.000Z', 'no answer'),
    webhook: { status: 'Known', answers: false },
  } as const;
  const after = refreshed(before, later);
  assert.deepEqual(after.server, { ...known, version: 'v1.34.1', problem: 'no answer' });
  assert.deepEqual(after.webhook, { status: 'Known', answers: false });
  assert.deepEqual([after.checkedAt, after.problem], [later.checkedAt, 'no answer']);
  assert.deepEqual(after.storageClasses, { status: 'Unknown', problem: 'no answer' });
  assert.deepEqual(refreshed(undefined, later), later);
  const silent = { ...later, server: { status: 'Unknown' } } as const;
  assert.deepEqual(refreshed(before, silent).server, { ...known, version: 'v1.34.1' });
});

test('the results of a check that was overtaken are not recorded, unless the clock was put back since', () => {
  const checked = (checkedAt: string) => nothingFound(checkedAt, 'x');
  const [early, late] = ['2026-05-28T09:00:00.000Z', '2026-05-28T09:30:00.000Z'];
  assert.equal(isOutdated(checked(early), checked(late), now), true);
  assert.equal(isOutdated(checked(early), checked(late), late), true);
  assert.equal(isOutdated(checked(late), checked(early), now), false);
  assert.equal(isOutdated(checked(late), checked(late), now), false);
  assert.equal(isOutdated(checked(early), undefined, now), false);
  assert.equal(isOutdated(checked(early), checked('2026-05-29T00:00:00.000Z'), now), false);
});

test('a check that failed as a whole leaves every part unknown, with the problem, and so every part keeps its last result', () => {
  const parts = [
    ...['server', 'identity', 'customResources', 'permissions', 'namespaces', 'storageLocations'],
    ...['volumeSnapshotClasses', 'storageClasses', 'operator', 'webhook', 'acceptedParameters', 'restoreApproval'],
  ] as const;
  const failed = nothingFound('2026-05-28T11:00:00.000Z', 'no answer');
  const each = (part: object) => Object.fromEntries(parts.map((name) => [name, part]));
  const unknown = { status: 'Unknown', problem: 'no answer' };
  assert.deepEqual(failed, { checkedAt: '2026-05-28T11:00:00.000Z', problem: 'no answer', ...each(unknown) });
  const before: Discovery = { ...nothingFound(now, 'x'), ...each(known) };
  assert.deepEqual(refreshed(before, failed), { ...failed, ...each({ ...known, problem: 'no answer' }) });
});

test('a part that versions before did not check stays absent, and an absent one of a cluster is kept', () => {
  const { identity: _, ...older } = nothingFound(now, 'x');
  const later = nothingFound('2026-05-28T11:00:00.000Z', 'no answer');
  assert.deepEqual(refreshed(older, later), later);
  assert.deepEqual(refreshed(later, older), older);
  const absent = { status: 'Absent', checkedAt: now } as const;
  assert.deepEqual(refreshed(found({ webhook: absent }), later).webhook, { ...absent, problem: 'no answer' });
});
