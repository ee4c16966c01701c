import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { caused, conflict, denial, status } from '../../../test/support/kubernetes/refusals.ts';
import { applyFailure, readOrDeleteFailure, streamFailureOf } from '../http/failures.ts';

const now = Date.parse('2026-03-01T10:00:00Z');

describe('only a cluster that says so makes a resource absent', () => {
  const mismatch = status(
    409,
    'Conflict',
    'uid mismatch: the provided object specified uid a, and no existing object was found',
  );
  const precondition = status(
    409,
    'Conflict',
    'Operation cannot be fulfilled on operations "a": Precondition failed: UID in precondition: a, UID in object meta: b',
  );
  const immutable = status(
    422,
    'Invalid',
    'Operation "a" is invalid: metadata.uid: Invalid value: "x": field is immutable',
    { causes: [{ reason: 'FieldValueInvalid', field: 'metadata.uid' }] },
  );
  const recreated = status(
    409,
    'Conflict',
    'Operation cannot be fulfilled on Operation.ops.vworkspace.io "a": the UID in the precondition (a) does not match the UID in record (b). The object might have been deleted and then recreated',
  );
  const namespace = status(404, 'NotFound', 'namespaces "apps" not found', { kind: 'namespaces' });
  const gone = status(404, 'NotFound', 'operations.ops.vworkspace.io "a" not found', { kind: 'operations' });
  const answer = (code: number, text: string) => ({ status: code, headers: {}, text });
  const table = [
    ['apply, other uid', applyFailure(answer(409, mismatch), true, now), 'Absent'],
    ['apply, uid precondition', applyFailure(answer(409, precondition), true, now), 'Absent'],
    ['apply, the name taken by another', applyFailure(answer(422, immutable), true, now), 'Absent'],
    ['delete, the name taken by another', readOrDeleteFailure(answer(409, recreated), true, now), 'Absent'],
    ['apply without uid', applyFailure(answer(409, mismatch), false, now), 'Refused'],
    [
      'apply, a conflict with the uid given',
      applyFailure(answer(409, status(409, 'Conflict', conflict, caused('FieldManagerConflict'))), true, now),
      'Refused',
    ],
    ['apply with uid, namespace gone', applyFailure(answer(404, namespace), true, now), 'Absent'],
    ['apply without uid, no namespace', applyFailure(answer(404, namespace), false, now), 'Refused'],
    [
      'apply with uid, denied',
      applyFailure(answer(409, status(409, 'Conflict', `${denial} uid mismatch`)), true, now),
      'Refused',
    ],
    ['apply with uid, server error', applyFailure(answer(500, 'uid mismatch'), true, now), 'ServerError'],
    ['delete, not there', readOrDeleteFailure(answer(404, gone), true, now), 'Absent'],
    ['delete, other uid', readOrDeleteFailure(answer(409, precondition), true, now), 'Absent'],
    ['delete, a 404 of a balancer', readOrDeleteFailure(answer(404, 'nothing here'), true, now), 'ServerError'],
    ['delete, group not served', readOrDeleteFailure(answer(404, '404 page not found'), true, now), 'Refused'],
    ['delete, no rights', readOrDeleteFailure(answer(403, status(403, 'Forbidden', 'no')), true, now), 'Refused'],
    ['delete, bad token', readOrDeleteFailure(answer(401, ''), true, now), 'CredentialsRejected'],
  ] as const;
  for (const [name, found, kind] of table) test(name, () => assert.equal(found.kind, kind));
});

test('an ERROR event is classified like an answer, and says whether the version is too old', () => {
  assert.equal(streamFailureOf(JSON.parse(status(410, 'Expired', 'too old resource version'))).expired, true);
  assert.equal(streamFailureOf({ kind: 'Status', reason: 'Expired' }).expired, true);
  assert.partialDeepStrictEqual(streamFailureOf(JSON.parse(status(403, 'Forbidden', 'no'))), {
    kind: 'Refused',
    expired: false,
  });
  assert.partialDeepStrictEqual(streamFailureOf('garbage'), { kind: 'ServerError', expired: false });
});
