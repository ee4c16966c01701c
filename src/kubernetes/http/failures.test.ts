import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type AnswerCase, at, testSorted } from '../../../test/support/kubernetes/answer-cases.ts';
import { caused, conflict, status } from '../../../test/support/kubernetes/refusals.ts';
import { failureOf } from './failures.ts';

const cases: readonly AnswerCase[] = [
  {
    name: 'an expired token',
    code: 401,
    text: status(401, 'Unauthorized', 'Unauthorized'),
    expected: { kind: 'CredentialsRejected' },
  },
  { name: 'a 401 of a proxy', code: 401, text: '<html>401</html>', expected: { kind: 'CredentialsRejected' } },
  {
    name: 'a deletion of what has changed meanwhile',
    code: 409,
    text: status(
      409,
      'Conflict',
      'Operation cannot be fulfilled on operations "a": the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (2). The object might have been modified',
    ),
    expected: { kind: 'Refused', reason: 'Modified' },
  },
  {
    name: 'missing rights',
    code: 403,
    text: status(
      403,
      'Forbidden',
      'operations.ops.vworkspace.io "a" is forbidden: User "u" cannot patch resource "operations"',
    ),
    expected: { kind: 'Refused', status: 403, reason: 'Forbidden' },
  },
  {
    name: 'a quota',
    code: 403,
    text: status(403, 'Forbidden', 'operations "a" is forbidden: exceeded quota: q, requested: 1'),
    expected: { kind: 'Refused', reason: 'QuotaExceeded' },
  },
  {
    name: 'a quota that nobody has counted yet',
    code: 403,
    text: status(
      403,
      'Forbidden',
      'operations "a" is forbidden: status unknown for quota: q, resources: count/operations.ops.vworkspace.io',
    ),
    expected: { kind: 'Refused', reason: 'QuotaExceeded' },
  },
  {
    name: 'admission that is still starting',
    code: 403,
    text: status(403, 'Forbidden', 'operations "a" is forbidden: not yet ready to handle request'),
    expected: { kind: 'ServerError' },
  },
  {
    name: 'a CRD on its way out',
    code: 403,
    text: status(
      403,
      'Forbidden',
      'operations "a" is forbidden: create not allowed while custom resource definition is terminating',
    ),
    expected: { kind: 'Refused', reason: 'CrdTerminating' },
  },
  {
    name: 'a namespace on its way out',
    code: 403,
    text: status(
      403,
      'Forbidden',
      'operations "a" is forbidden: unable to create new content in namespace apps because it is being terminated',
      caused('NamespaceTerminating'),
    ),
    expected: { kind: 'Refused', reason: 'NamespaceTerminating' },
  },
  {
    name: 'a namespace that is not there',
    code: 404,
    text: status(404, 'NotFound', 'namespaces "apps" not found', { name: 'apps', kind: 'namespaces' }),
    expected: { kind: 'Refused', status: 404, reason: 'NamespaceNotFound' },
  },
  {
    name: 'a group that is not served',
    code: 404,
    text: '404 page not found\n',
    expected: { kind: 'Refused', status: 404, reason: 'CrdMissing' },
    says: /operator installed/,
  },
  {
    name: 'a resource that is not served',
    code: 404,
    text: status(404, 'NotFound', 'the server could not find the requested resource'),
    expected: { kind: 'Refused', reason: 'CrdMissing' },
  },
  {
    name: 'an object that is not there',
    code: 404,
    text: status(404, 'NotFound', 'operations.ops.vworkspace.io "a" not found', { kind: 'operations' }),
    expected: { kind: 'Refused', reason: 'NotFound' },
  },
  {
    name: 'a 404 of a balancer',
    code: 404,
    text: '<html>default backend - 404</html>',
    expected: { kind: 'ServerError' },
    says: /other than an API server/,
  },
  { name: 'a 403 of a proxy', code: 403, text: 'blocked by policy', expected: { kind: 'ServerError' } },
  {
    name: 'another field manager',
    code: 409,
    text: status(409, 'Conflict', conflict, caused('FieldManagerConflict')),
    expected: { kind: 'Refused', status: 409, reason: 'FieldConflict' },
    says: /kubectl/,
  },
  {
    name: 'a write at the same moment',
    code: 409,
    text: status(
      409,
      'Conflict',
      'Operation cannot be fulfilled on operations "a": the object has been modified; please apply your changes to the latest version',
    ),
    expected: { kind: 'ServerError' },
  },
  {
    name: 'two first applies at once',
    code: 409,
    text: status(409, 'AlreadyExists', 'operations.ops.vworkspace.io "a" already exists'),
    expected: { kind: 'ServerError' },
  },
  {
    name: 'another conflict',
    code: 409,
    text: status(409, 'Conflict', 'something else'),
    expected: { kind: 'Refused', reason: 'Conflict' },
  },
  {
    name: 'an invalid object',
    code: 422,
    text: status(422, 'Invalid', 'Operation "a" is invalid: spec.engine: Unsupported value: "snapshot"'),
    expected: { kind: 'Refused', status: 422, reason: 'Invalid' },
  },
  {
    name: 'a bad request',
    code: 400,
    text: status(400, 'BadRequest', 'strict decoding error'),
    expected: { kind: 'Refused', reason: 'BadRequest' },
  },
  {
    name: 'a Status without a reason',
    code: 415,
    text: status(415, '', 'no'),
    expected: { kind: 'Refused', reason: 'UnsupportedMediaType' },
  },
  {
    name: 'throttling in seconds',
    code: 429,
    text: 'Too many requests, please try again later.\n',
    headers: { 'retry-after': '7' },
    expected: { kind: 'Throttled', retryAfterSeconds: 7 },
  },
  {
    name: 'throttling until a date',
    code: 429,
    text: '',
    headers: { 'retry-after': 'Sun, 01 Mar 2026 10:00:30 GMT' },
    expected: { kind: 'Throttled', retryAfterSeconds: 30 },
  },
  {
    name: 'throttling by its Status',
    code: 429,
    text: status(429, 'TooManyRequests', 'slow', { retryAfterSeconds: 3 }),
    expected: { kind: 'Throttled', retryAfterSeconds: 3 },
  },
  {
    name: 'throttling by a webhook',
    code: 429,
    text: status(429, 'TooManyRequests', 'admission webhook "v" denied the request: one at a time', {
      retryAfterSeconds: 60,
    }),
    expected: { kind: 'Throttled', retryAfterSeconds: 60, untouched: true },
  },
  {
    name: 'a field that the CRD does not know',
    code: 500,
    text: status(
      500,
      '',
      'failed to create typed patch object (apps/b; ops.vworkspace.io/v1alpha1, Kind=Operation): .spec.x: field not declared in schema',
    ),
    expected: { kind: 'Refused', reason: 'Invalid' },
  },
  {
    name: 'an overload',
    code: 503,
    text: status(503, 'ServiceUnavailable', 'etcd is away'),
    headers: { 'retry-after': '2' },
    expected: { kind: 'ServerError', retryAfterSeconds: 2 },
    says: /503 Service Unavailable: etcd/,
  },
  {
    name: 'a time-out inside',
    code: 504,
    text: status(504, 'Timeout', 'request did not complete'),
    expected: { kind: 'ServerError' },
  },
  { name: 'a time-out of the request', code: 408, text: '', expected: { kind: 'ServerError' } },
  {
    name: 'a redirect',
    code: 302,
    text: '',
    headers: { location: 'https://169.254.169.254/' },
    expected: { kind: 'ServerError' },
    says: /redirect \(302\)/,
  },
  {
    name: 'success that is none',
    code: 200,
    text: '<html>login</html>',
    expected: { kind: 'ServerError' },
    says: /200/,
  },
];

describe('an answer is sorted once', () => {
  for (const each of cases) testSorted(each);
  test('a long page is clipped to 1 KiB', () => {
    assert.ok(Buffer.byteLength(failureOf({ status: 502, headers: {}, text: 'ü'.repeat(90_000) }, at).message) < 1100);
  });
});
