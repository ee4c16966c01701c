/** Each answer of a cluster decides one thing: what is owed after it, when, and in which words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleOperation as operation } from '../../../../test/support/core/operation-example.ts';
import type { Observation } from '../../operations/rules/observed/observation.ts';
import type { Operation } from '../../operations/rules/operation.ts';
import { shifted } from '../../time/rules/slots.ts';
import type { ClusterAnswer } from './answer.ts';
import type { Attempt } from './attempt.ts';
import { backOffSeconds } from './back-off.ts';
import { decideDelivery } from './decide-delivery.ts';

const now = '2026-05-28T10:00:00.000Z';
const message = 'm';
const apply: Attempt = { operation, action: 'Apply', attempts: 2, unanswered: 0 };
const decide = (attempt: Attempt, answer: ClusterAnswer) => decideDelivery(attempt, answer, now, 0.5);
const after = (attempt: Attempt, answer: ClusterAnswer) => {
  const { owed, retryAt, attempts, unanswered } = decide(attempt, answer);
  const seconds = retryAt === undefined ? undefined : (Date.parse(retryAt) - Date.parse(now)) / 1000;
  return { owed, seconds, attempts, unanswered };
};
const wait = backOffSeconds(2, 0.5);
const cancelled = { ...operation, cancelRequestedAt: now };
const condition = (type: string, reason: string, status: 'True' | 'False' = 'True') => ({
  ...{ type, status, reason, message },
  lastTransitionTime: now,
});
const seen = (phase: 'Pending' | 'Running' | 'Succeeded', more: Partial<Observation> = {}): Observation => {
  const { id: operationId, name, namespace } = operation;
  return {
    ...{ name, namespace, uid: 'u', operationId, deleted: false, source: 'Listed', status: { phase } },
    ...more,
  };
};

test('what is tried again waits as long as its answer says', () => {
  const refused = { kind: 'Refused', status: 403, message } as const;
  for (const [answer, seconds] of [
    [{ kind: 'Unreachable', message }, wait],
    [{ kind: 'CredentialsRejected', message }, 20],
    [{ kind: 'Throttled', message }, wait],
    [{ kind: 'Throttled', message, retryAfterSeconds: 1 }, 1],
    [{ kind: 'Throttled', message, retryAfterSeconds: 1, untouched: true }, wait],
    [{ kind: 'ServerError', message, retryAfterSeconds: 40, untouched: true }, 40],
    [{ kind: 'ServerError', message }, wait],
    [{ ...refused, reason: 'QuotaExceeded' }, wait],
    [{ ...refused, reason: 'ApprovalMissing' }, wait],
    [{ ...refused, reason: 'Forbidden' }, 10],
  ] as const)
    assert.deepEqual(
      after(apply, answer),
      { owed: 'Apply', seconds, attempts: answer.kind === 'CredentialsRejected' ? 1 : 2, unanswered: 0 },
      JSON.stringify(answer),
    );
});

test('a call without an answer stays counted, and any answer or a call that was never sent takes one away', () => {
  const unanswered = (answer: ClusterAnswer, action: Attempt['action'] = 'Apply', count = 2) =>
    decide({ ...apply, action, unanswered: count }, answer).unanswered;
  for (const kind of ['Unreachable', 'ServerError'] as const) {
    assert.equal(unanswered({ kind, message }), 2, kind);
    assert.equal(unanswered({ kind, message, untouched: true }), 1, kind);
  }
  assert.equal(unanswered({ kind: 'Applied', uid: 'u', warnings: [] }), 1);
  assert.equal(unanswered({ kind: 'Absent' }, 'Cancel'), 2, 'a deletion says nothing of an apply');
  assert.equal(unanswered({ kind: 'Throttled', message }, 'Apply', 0), 0);
  assert.equal(decide({ ...apply, attempts: 0 }, { kind: 'CredentialsRejected', message }).attempts, 0);
});

test('an applied Operation has its uid, its delivery and each warning once, at most a hundred, and is told of once', () => {
  const answer = { kind: 'Applied', uid: 'u', warnings: ['a', 'b', 'w'.repeat(1025)] } as const;
  const step = decide({ ...apply, operation: { ...operation, warnings: ['a'] } }, answer);
  const words = 'The cluster has accepted the resource.';
  assert.deepEqual(step.operation, {
    ...operation,
    ...{ uid: 'u', deliveredAt: now, warnings: ['a', 'b', `${'w'.repeat(1021)}…`] },
    conditions: [{ ...condition('Delivered', 'Applied'), message: words }],
  });
  assert.deepEqual([step.owed, step.retryAt], [undefined, undefined]);
  assert.deepEqual(
    step.events.map((event) => [event.type, event.reason, event.message, event.at]),
    [['Normal', 'Delivered', `The cluster has accepted ${operation.namespace}/${operation.name}.`, now]],
  );
  const known = { ...operation, deliveredAt: shifted(now, -9), conditions: [condition('Delivered', 'Applied')] };
  const again = decide(
    { ...apply, operation: known },
    { ...answer, warnings: Array.from({ length: 101 }, (_, n) => `${n}`) },
  );
  assert.deepEqual(
    [again.operation.deliveredAt, again.events, again.operation.warnings.length],
    [known.deliveredAt, [], 100],
  );
  const failed = {
    ...operation,
    conditions: [condition('Delivered', 'Unreachable', 'False'), condition('Accepted', 'R')],
  };
  assert.equal(decide({ ...apply, operation: failed }, answer).events.length, 1);
  const ended = { ...cancelled, phase: 'Cancelled' } as const;
  assert.equal(decide({ ...apply, operation: ended }, answer).owed, undefined, 'an end is not cancelled');
});

test('a deletion that the cluster accepts stays owed, is looked after with back-off, and is told in words of its own', () => {
  for (const [action, words] of [
    ['Cancel', 'The cluster is deleting the resource, as requested.'],
    ['Withdraw', 'The cluster is deleting the resource, which is given up here.'],
    ['Tidy', 'The cluster is deleting the resource, which has ended and is recorded here.'],
  ] as const) {
    const pending = { ...operation, conditions: [condition('DeletionPending', 'Unreachable')] };
    const step = decide({ ...apply, action, operation: pending }, { kind: 'Deleted', uid: 'u' });
    assert.deepEqual(step.operation, { ...operation, uid: 'u', deliveredAt: now }, action);
    assert.deepEqual([step.owed, step.retryAt], [action, shifted(now, wait)]);
    assert.deepEqual(
      step.events.map((event) => [event.type, event.reason, event.message]),
      [['Normal', 'DeletionAccepted', words]],
    );
  }
  const known = { ...operation, uid: 'before', deliveredAt: shifted(now, -9) };
  const kept = decide({ ...apply, action: 'Cancel', operation: known }, { kind: 'Deleted', uid: 'u' }).operation;
  assert.deepEqual([kept.uid, kept.deliveredAt], ['before', known.deliveredAt]);
  assert.deepEqual(decide({ ...apply, action: 'Cancel' }, { kind: 'Deleted' }).operation, operation);
});

test('only a Restore that is overdue and still open is withdrawn as idle by its deletion', () => {
  const overdue: Operation = {
    ...operation,
    type: 'Restore',
    phase: 'Running',
    conditions: [condition('Overdue', 'RunningTimeout')],
  };
  const withdrawing = (of: Operation, action: Attempt['action'] = 'Withdraw') =>
    decide({ ...apply, action, operation: of }, { kind: 'Deleted', uid: 'u' }).operation.conditions.find(
      ({ type }) => type === 'Withdrawing',
    )?.reason;
  assert.equal(withdrawing(overdue), 'RunningTimeout');
  assert.equal(withdrawing(overdue, 'Cancel'), undefined);
  assert.equal(withdrawing({ ...overdue, conditions: [] }), undefined);
  assert.equal(withdrawing({ ...overdue, phase: 'Failed' }), undefined);
});

test('a resource that was found is owed what its action still asks for', () => {
  const found = (observation: Observation, verdict?: 'Wait' | 'Leave') =>
    ({ kind: 'Found', observation, ...(verdict !== undefined && { verdict }) }) as const;
  const tidying: Operation = {
    ...operation,
    uid: 'u',
    phase: 'Succeeded',
    conditions: [condition('Tidied', 'CopyGone', 'False')],
  };
  const deleting = { deletingSince: now };
  const known: Operation = { ...operation, uid: 'u' };
  for (const [of, action, answer, owed, waits] of [
    [known, 'Apply', found(seen('Pending')), undefined, false],
    [{ ...known, cancelRequestedAt: now }, 'Apply', found(seen('Running')), 'Cancel', true],
    [{ ...known, cancelRequestedAt: now }, 'Apply', found(seen('Succeeded')), undefined, false],
    [known, 'Cancel', found(seen('Running'), 'Wait'), 'Cancel', true],
    [known, 'Cancel', found(seen('Succeeded'), 'Leave'), undefined, false],
    [known, 'Withdraw', found(seen('Running'), 'Leave'), undefined, false],
    [{ ...known, cancelRequestedAt: now }, 'Withdraw', found(seen('Running'), 'Leave'), 'Cancel', true],
    [tidying, 'Tidy', found(seen('Succeeded'), 'Wait'), undefined, false],
    [tidying, 'Tidy', found(seen('Succeeded', deleting), 'Wait'), 'Tidy', true],
  ] as const) {
    const step = decide({ ...apply, action, operation: of }, answer);
    assert.deepEqual([step.owed, step.retryAt], [owed, waits ? shifted(now, wait) : undefined], JSON.stringify(answer));
  }
  const left = decide({ ...apply, action: 'Tidy', operation: tidying }, found(seen('Succeeded'), 'Wait')).operation;
  assert.ok(!left.conditions.some(({ type }) => type === 'Tidied'), 'it does not leave after all');
});

test('a resource that is away ends its Operation as what was asked for, and is told once', () => {
  const cases: readonly (readonly [Partial<Operation>, Attempt['action'], string, string])[] = [
    [{ uid: 'u' }, 'Apply', 'Failed', 'Failed ExternalDeletion'],
    [{}, 'Apply', 'Failed', 'Failed DeadlineExceeded'],
    [{ uid: 'u', cancelRequestedAt: now }, 'Apply', 'Cancelled', 'Cancelled CancelledByUser'],
    [{ uid: 'u' }, 'Cancel', 'Cancelled', 'Cancelled CancelledByUser'],
    [
      { uid: 'u', conditions: [condition('Withdrawing', 'DeadlineExceeded')] },
      'Withdraw',
      'Failed',
      'Failed DeadlineExceeded',
    ],
  ];
  for (const [more, action, phase, end] of cases) {
    const pending = [...(more.conditions ?? []), condition('DeletionPending', 'Unreachable')];
    const step = decide(
      { ...apply, action, operation: { ...operation, ...more, conditions: pending } },
      { kind: 'Absent' },
    );
    const ended = step.operation.conditions.find(({ type }) => type === phase);
    assert.deepEqual(
      [step.operation.phase, `${ended?.type} ${ended?.reason}`, step.owed, step.events.length],
      [phase, end, undefined, 1],
    );
    assert.ok(!step.operation.conditions.some(({ type }) => type === 'DeletionPending'));
  }
});

test('a CRD that is away for an hour past the deadline ends what was never there, and one that has a uid goes on', () => {
  const crdMissing = { kind: 'Refused', status: 404, reason: 'CrdMissing', message } as const;
  const phase = (deliverBefore: string | undefined, uid?: string) =>
    decide(
      { ...apply, unanswered: 2, operation: { ...operation, deliverBefore, ...(uid !== undefined && { uid }) } },
      crdMissing,
    ).operation.phase;
  assert.deepEqual(
    [phase(shifted(now, -3599)), phase(shifted(now, -3600)), phase(undefined)],
    ['Pending', 'Failed', 'Pending'],
  );
  assert.equal(phase(shifted(now, -9999), 'u'), 'Pending');
});

test('a refused deletion is tried again after the longest wait, for its own reason only where the CRD is away', () => {
  for (const [reason, told] of [
    ['Forbidden', 'DeletionRefused'],
    ['AdmissionRejected', 'DeletionRefused'],
    ['CrdMissing', 'CrdMissing'],
  ] as const) {
    const step = decide({ ...apply, action: 'Cancel' }, { kind: 'Refused', status: 403, reason, message });
    assert.deepEqual([step.owed, step.retryAt], ['Cancel', shifted(now, 20)]);
    assert.deepEqual(step.operation.conditions, [condition('DeletionPending', told)]);
    assert.deepEqual(
      step.events.map((event) => [event.type, event.reason, event.message]),
      [['Warning', 'DeliveryRetried', `${told}: m`]],
    );
  }
});

test('what has ended may stay for a while without an event, and a new thing that keeps it has its own time', () => {
  const deletion: Attempt = {
    ...apply,
    action: 'Cancel',
    operation: { ...operation, conditions: [condition('DeletionPending', 'Unreachable')] },
  };
  const later = '2026-05-28T11:00:00.000Z';
  const since = (reason: 'Unreachable' | 'Throttled') =>
    decideDelivery(deletion, { kind: reason, message }, later, 0.5).operation.conditions[0]?.lastTransitionTime;
  assert.deepEqual([since('Unreachable'), since('Throttled')], [now, later]);
  assert.deepEqual(decide({ ...apply, action: 'Tidy' }, { kind: 'Unreachable', message }).events, []);
});

test('a refusal of what was cancelled meanwhile ends as the cancel, with what was refused beside it', () => {
  const step = decide({ ...apply, operation: cancelled }, { kind: 'Refused', status: 422, reason: 'Invalid', message });
  assert.deepEqual([step.operation.phase, step.owed], ['Cancelled', undefined]);
  assert.deepEqual(
    step.operation.conditions.map(({ type, status, reason }) => [type, status, reason]),
    [
      ['Delivered', 'False', 'Invalid'],
      ['Cancelled', 'True', 'CancelledByUser'],
    ],
  );
});
