/** What is said of a cluster after a call, of its address and its access, and of the deliveries that wait for it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AccessUnreadable, accessUnreadableConditions } from './access-unreadable.ts';
import { type Cluster, withDelivery } from './cluster.ts';
import type { ClusterFailure } from './failure.ts';
import { addressDenied, callConditions } from './reported-conditions.ts';
import { serverAddress } from './server-address.ts';

const statesOf = (failure: ClusterFailure | undefined) =>
  callConditions(failure).map(({ type, status, reason }) => `${type} ${status} ${reason}`);

test('a cluster is reachable and authenticated only when an API server has answered', () => {
  assert.deepEqual(statesOf(undefined), ['Reachable True Answered', 'Authenticated True Accepted']);
  assert.deepEqual(statesOf({ kind: 'ServerError', message: 'a redirect', notApiServer: true }), [
    'Reachable False NotApiServer',
    'Authenticated Unknown NotApiServer',
  ]);
  assert.deepEqual(statesOf({ kind: 'Unreachable', message: 'no route' }), [
    'Reachable False Unreachable',
    'Authenticated Unknown Unreachable',
  ]);
  assert.deepEqual(statesOf({ kind: 'CredentialsRejected', message: 'Unauthorized' }), [
    'Reachable True Answered',
    'Authenticated False CredentialsRejected',
  ]);
  assert.deepEqual(statesOf({ kind: 'ServerError', message: 'etcd is away' }), [
    'Reachable True Answered',
    'Authenticated True Accepted',
  ]);
});

test('a cluster at an address that new registrations may not have says so, and any other says nothing', () => {
  assert.equal(addressDenied(undefined), undefined);
  const condition = addressDenied('127.0.0.1');
  assert.deepEqual(
    [condition?.type, condition?.status, condition?.reason],
    ['AddressAllowed', 'False', 'LocalAddress'],
  );
  assert.match(condition?.message ?? '', /127\.0\.0\.1/);
});

const now = '2026-05-28T10:00:00.000Z';
const cluster: Cluster = {
  ...{ id: 'c', organizationId: 'o', name: 'prod', server: 'https://k8s', restoreApproval: 'Auto', tidy: true },
  ...{ suspend: false, conditions: [], createdAt: now, updatedAt: now, revision: 1 },
};

test('the lag of a cluster is how long the oldest delivery has waited, in whole seconds, and none waits before now', () => {
  const delivery = (oldestPendingAt: string) =>
    withDelivery(cluster, { pendingCount: 3, oldestPendingAt }, now).delivery;
  for (const [oldestPendingAt, lagSeconds] of [
    ['2026-05-28T09:58:30.400Z', 90],
    ['2026-05-28T09:58:30.600Z', 89],
    [now, 0],
    ['2026-05-28T10:00:05.000Z', 0],
  ] as const)
    assert.deepEqual(delivery(oldestPendingAt), { pendingCount: 3, oldestPendingAt, lagSeconds });
  assert.deepEqual(withDelivery(cluster, undefined, now), { ...cluster, delivery: { pendingCount: 0, lagSeconds: 0 } });
});

test('a cluster whose access cannot be opened is not called: nobody knows whether it is there, and its access is refused', () => {
  assert.deepEqual(
    accessUnreadableConditions().map(({ type, status, reason }) => [type, status, reason]),
    [
      ['Reachable', 'Unknown', 'AccessUnreadable'],
      ['Authenticated', 'False', 'AccessUnreadable'],
      ['OperatorReady', 'Unknown', 'AccessUnreadable'],
    ],
  );
  const why = new Error('Unsupported state or unable to authenticate data');
  const thrown = new AccessUnreadable({ ...cluster, id: 'c' }, why);
  assert.deepEqual([thrown.cluster.id, thrown.cause], ['c', why], 'a log says why');
  assert.match(thrown.message, /access to the cluster c cannot be opened/);
});

test('an address is https, holds no secret, and is kept without a slash at its end', () => {
  for (const [text, server] of [
    ['https://k8s.example.com', 'https://k8s.example.com'],
    [' https://K8S.example.com:6443// ', 'https://k8s.example.com:6443'],
    ['https://rancher/k8s/clusters/c-1/', 'https://rancher/k8s/clusters/c-1'],
    [`https://${'a'.repeat(2040)}`, `https://${'a'.repeat(2040)}`],
  ] as const)
    assert.deepEqual(serverAddress(text), { server });
  for (const [text, wrong] of [
    ['k8s', /https:\/\/ address of a Kubernetes/],
    [`https://${'a'.repeat(2041)}`, /https:\/\/ address of a Kubernetes/],
    ['http://k8s', /must start with https/],
    ['https://user@k8s', /no user name or password/],
    ['https://:secret@k8s', /no user name or password/],
    ['https://k8s/?', /no query and no fragment/],
    ['https://k8s/#', /no query and no fragment/],
  ] as const) {
    const read = serverAddress(text);
    assert.ok('wrong' in read, text);
    assert.match(read.wrong, wrong, text);
  }
});
