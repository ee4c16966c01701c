/** Which cluster answers at an address, and until when the copies of one before are told of. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { identityAfter, identityCondition } from './identity.ts';

const now = '2026-11-21T12:00:00.000Z';
const alone = { twins: [], sharedNamespaces: [], lostCopyCount: 0 };
const rebuilt = { kubeSystemUid: 'after', copiesFrom: now };

test('only another uid than the known one says that the cluster was rebuilt', () => {
  assert.deepEqual(identityAfter({}, 'first', now), { kubeSystemUid: 'first' });
  assert.deepEqual(identityAfter({ kubeSystemUid: 'before' }, 'after', now), rebuilt);
  for (const unchanged of ['after', undefined]) assert.equal(identityAfter(rebuilt, unchanged, now), undefined);
});

test('a rebuilt cluster says so while copies of the one before last, and not after', () => {
  const told = (lostCopyCount: number) => {
    const { status, reason, message } = identityCondition(rebuilt, { ...alone, lostCopyCount }) ?? {};
    return { status, reason, counts: message?.includes(`${lostCopyCount} copies that have not expired`) };
  };
  assert.deepEqual(told(1), { status: 'False', reason: 'Rebuilt', counts: true });
  assert.deepEqual(told(0), { status: 'True', reason: 'Unique', counts: false });
  assert.equal(identityCondition({}, alone), undefined, 'nothing is known');
  assert.equal(identityCondition({ kubeSystemUid: 'first' }, { ...alone, lostCopyCount: 1 })?.reason, 'Unique');
});

test('copies that were lost are told of before an application that is backed up twice', () => {
  const twice = { twins: ['other'], sharedNamespaces: ['org-a'], lostCopyCount: 0 };
  const reason = (lostCopyCount: number) => identityCondition(rebuilt, { ...twice, lostCopyCount })?.reason;
  assert.deepEqual([reason(1), reason(0)], ['Rebuilt', 'RegisteredTwice']);
});

test('what else is known of the identity stays with a new uid, and the same API server under another name is told of', () => {
  const before = { kubeSystemUid: 'before', copiesFrom: '2026-01-01T00:00:00.000Z' };
  assert.deepEqual(identityAfter({ copiesFrom: before.copiesFrom }, 'first', now), {
    ...before,
    kubeSystemUid: 'first',
  });
  assert.deepEqual(identityAfter(before, 'after', now), rebuilt);
  const message = (twins: readonly string[]) =>
    identityCondition({ kubeSystemUid: 'first' }, { ...alone, twins })?.message;
  const registered = 'The cluster is the one that was registered.';
  assert.equal(message([]), registered);
  assert.equal(message(['a']), `${registered} The same API server is a as well, for other namespaces.`);
  assert.equal(message(['a', 'b']), `${registered} The same API server is a, b as well, for other namespaces.`);
});
