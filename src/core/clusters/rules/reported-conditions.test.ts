import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterFailure } from './failure.ts';
import { addressDenied, callConditions } from './reported-conditions.ts';

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
