import { describe } from 'node:test';
import { type AnswerCase, testSorted } from '../../../test/support/kubernetes/answer-cases.ts';
import { denial, status } from '../../../test/support/kubernetes/refusals.ts';

const policy =
  "operations.ops.vworkspace.io \"a\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no";

const cases: readonly AnswerCase[] = [
  {
    name: 'a denial of the webhook',
    code: 403,
    text: status(403, 'Forbidden', denial),
    expected: { kind: 'Refused', status: 403, reason: 'AdmissionRejected' },
    says: /Backup of shop is not allowed here/,
  },
  {
    name: 'a denial with another code',
    code: 422,
    text: status(422, 'Invalid', denial),
    expected: { kind: 'Refused', reason: 'AdmissionRejected' },
  },
  {
    name: 'a denial with 401',
    code: 401,
    text: status(401, 'Unauthorized', denial),
    expected: { kind: 'Refused', reason: 'AdmissionRejected' },
  },
  ...[
    ['ConflictingOperation', 'conflicting Operation "r" (Restore) is in flight for target "shop"'],
    ['ConflictingOperation', 'another operation (Restore) is already running for this target'],
    ['TargetNotFound', 'target ApplicationInstance "org/conflict-1" not found'],
    ['CapabilityMissing', 'target ApplicationInstance "a" does not declare capability ops.vworkspace.io/backup=velero'],
    ['AdmissionRejected', 'spec.parameters.foo of "conflict" is not allowed'],
  ].map(([reason, words]) => ({
    name: `a denial that says: ${words}`,
    code: 403,
    text: status(403, 'Forbidden', `admission webhook "x" denied the request: ${words}`),
    expected: { kind: 'Refused', reason },
  })),
  {
    name: 'a denial by policy',
    code: 422,
    text: status(422, 'Invalid', policy),
    expected: { kind: 'Refused', reason: 'AdmissionRejected' },
  },
  {
    name: 'a webhook that failed itself',
    code: 500,
    text: status(500, 'InternalError', 'admission webhook "x" denied the request: cache timeout'),
    expected: { kind: 'ServerError' },
  },
  {
    name: 'a webhook that cannot be called',
    code: 500,
    text: status(
      500,
      'InternalError',
      'Internal error occurred: failed calling webhook "x": connect: connection refused',
    ),
    expected: { kind: 'ServerError' },
    says: /failed calling webhook/,
  },
];

describe('what admission says is sorted once', () => {
  for (const each of cases) testSorted(each);
});
