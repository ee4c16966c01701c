import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { exampleOperation as operation } from '../../../../test/support/core/operation-example.ts';
import type { Observation } from '../../operations/rules/observed/observation.ts';
import { observe } from '../../operations/rules/observed/observe.ts';
import { shifted } from '../../time/rules/slots.ts';
import { type ClusterAnswer, speaksForAll } from './answer.ts';
import type { Attempt } from './attempt.ts';
import { backOffSeconds } from './back-off.ts';
import { decideDelivery } from './decide-delivery.ts';

const now = '2026-05-28T10:00:00.000Z';
const apply: Attempt = { operation, action: 'Apply', attempts: 1, unanswered: 1 };
const cancelled: Attempt = { ...apply, operation: { ...operation, cancelRequestedAt: now } };
const decide = (attempt: Attempt, answer: ClusterAnswer) => decideDelivery(attempt, answer, now, 0.5);
const refused = {
  kind: 'Refused',
  status: 403,
  reason: 'AdmissionRejected',
  message: 'admission webhook "v" denied the request: no',
} as const;

test('an applied Operation owes nothing more, and keeps what the API server warned', () => {
  const step = decide(apply, { kind: 'Applied', uid: 'u', warnings: ['unknown field "x"'] });
  assert.deepEqual(
    { owed: step.owed, uid: step.operation.uid, warnings: step.operation.warnings },
    { owed: undefined, uid: 'u', warnings: ['unknown field "x"'] },
  );
  assert.equal(step.operation.conditions[0]?.reason, 'Applied');
});

test('a delivery is told once, whether its answer or the watch comes first', () => {
  const told = (events: readonly { readonly reason: string }[]) =>
    events.filter(({ reason }) => reason === 'Delivered');
  const answer = { kind: 'Applied', uid: 'u', warnings: [] } as const;
  const seen: Observation = {
    ...{ name: operation.name, namespace: operation.namespace, uid: 'u', operationId: operation.id },
    ...{ deleted: false, source: 'Watched', resourceVersion: '7', status: { phase: 'Pending' } },
  };
  const answered = decide(apply, answer);
  assert.equal(told([...answered.events, ...observe(answered.operation, seen, now).events]).length, 1);
  const watched = observe(operation, seen, now);
  assert.equal(
    told([...watched.events, ...decide({ ...apply, operation: watched.operation }, answer).events]).length,
    1,
  );
});

test('a refusal fails the Operation with the words of the cluster', () => {
  const step = decide(apply, refused);
  assert.equal(step.operation.phase, 'Failed');
  assert.equal(step.owed, undefined);
  for (const type of ['Delivered', 'Failed']) {
    const known = step.operation.conditions.find((condition) => condition.type === type);
    assert.deepEqual(
      { reason: known?.reason, message: known?.message },
      { reason: 'AdmissionRejected', message: refused.message },
    );
  }
});

test('an answer that comes after the end changes no end: neither a refusal nor a failure, an absence or a retry', () => {
  for (const phase of ['Succeeded', 'Failed', 'Cancelled'] as const) {
    const ended = { ...operation, phase, finishedAt: now, uid: 'u', deliveredAt: now };
    for (const answer of [
      refused,
      { ...refused, reason: 'Forbidden' },
      { ...refused, reason: 'QuotaExceeded' },
      { kind: 'Unreachable', message: 'x' },
      { kind: 'Absent' },
    ] as const) {
      const step = decide({ ...apply, operation: ended }, answer);
      assert.deepEqual(
        [step.operation.phase, step.operation.finishedAt, step.owed],
        [phase, now, undefined],
        answer.kind,
      );
      assert.ok(!step.operation.conditions.some(({ type }) => type === 'Failed' || type === 'Cancelled'), answer.kind);
      assert.deepEqual(step.events, [], answer.kind);
    }
  }
});

test('what may pass is tried again, not before Retry-After', () => {
  for (const answer of [
    { kind: 'Unreachable', message: 'x' },
    { kind: 'ServerError', message: 'x' },
    { kind: 'CredentialsRejected', message: 'x' },
  ] as const) {
    const step = decide(apply, answer);
    assert.equal(step.owed, 'Apply');
    assert.ok(Date.parse(step.retryAt ?? now) > Date.parse(now));
    assert.equal(step.operation.phase, 'Pending');
  }
  const throttled = decide(apply, { kind: 'Throttled', message: 'x', retryAfterSeconds: 40 });
  assert.equal(throttled.retryAt, '2026-05-28T10:00:40.000Z');
});

test('only what says something of the cluster itself speaks for the calls that are still to come', () => {
  const message = 'x';
  for (const kind of ['Throttled', 'ServerError'] as const)
    assert.ok(speaksForAll({ kind, message, retryAfterSeconds: 3 }), kind);
  assert.ok(speaksForAll({ kind: 'Unreachable', message }));
  assert.ok(speaksForAll({ kind: 'CredentialsRejected', message }));
  for (const answer of [{ kind: 'Throttled', message }, { kind: 'ServerError', message }, refused] as const)
    assert.ok(!speaksForAll(answer), answer.kind);
});

test('a retry for the same reason is recorded once', () => {
  const first = decide(apply, { kind: 'Unreachable', message: 'x' });
  assert.equal(first.events.length, 1);
  assert.equal(
    decide({ ...apply, operation: first.operation }, { kind: 'Unreachable', message: 'x' }).events.length,
    0,
  );
});

test('a cancel that came while a delivery was under way leaves nothing in the cluster', () => {
  assert.equal(decide(cancelled, { kind: 'Applied', uid: 'u', warnings: [] }).owed, 'Cancel');
  assert.equal(decide(cancelled, { kind: 'Unreachable', message: 'x' }).owed, 'Cancel');
  assert.equal(decide(cancelled, refused).operation.phase, 'Cancelled');
  assert.equal(decide({ ...cancelled, action: 'Cancel' }, { kind: 'Absent' }).operation.phase, 'Cancelled');
});

test('a resource that somebody else deleted does not come back', () => {
  const step = decide({ ...apply, operation: { ...operation, uid: 'u' } }, { kind: 'Absent' });
  assert.deepEqual({ phase: step.operation.phase, owed: step.owed }, { phase: 'Failed', owed: undefined });
  assert.deepEqual(
    step.events.map(({ type, reason }) => [type, reason]),
    [['Warning', 'ExternalDeletion']],
  );
});

test('a refusal that passes by itself is tried again within the window, with the words of the cluster', () => {
  for (const reason of ['ConflictingOperation', 'QuotaExceeded', 'CrdMissing', 'CrdTerminating', 'NamespaceNotFound']) {
    const step = decide(apply, { ...refused, reason });
    assert.deepEqual([step.owed, step.operation.phase, step.unanswered], ['Apply', 'Pending', 0]);
    const known = step.operation.conditions.find(({ type }) => type === 'Delivered');
    assert.deepEqual([known?.status, known?.reason, known?.message], ['False', reason, refused.message]);
  }
  for (const reason of ['NamespaceTerminating', 'FieldConflict', 'TargetNotFound'])
    assert.equal(decide(apply, { ...refused, reason }).operation.phase, 'Failed');
});

test('missing rights are believed the second time, because an API server that has just started knows of none', () => {
  const forbidden = { ...refused, status: 403, reason: 'Forbidden' };
  const first = decide(apply, forbidden);
  assert.deepEqual([first.operation.phase, first.owed, first.retryAt], ['Pending', 'Apply', shifted(now, 10)]);
  const again = { ...apply, operation: first.operation };
  assert.equal(decide(again, forbidden).operation.phase, 'Failed');
  const between = decide(again, { kind: 'Unreachable', message: 'restarting' });
  assert.equal(decide({ ...apply, operation: between.operation }, forbidden).operation.phase, 'Pending');
});

const late: Attempt = { ...apply, operation: { ...operation, deliverBefore: now } };

test('past its deadline it fails with the last reason, if the cluster has surely done nothing', () => {
  for (const answer of [
    { kind: 'Unreachable', message: 'refused', untouched: true },
    { kind: 'CredentialsRejected', message: 'refused' },
    { kind: 'Throttled', message: 'refused' },
    { ...refused, reason: 'ConflictingOperation', message: 'refused' },
  ] as const) {
    const { operation: failed, owed, events } = decide(late, answer);
    assert.deepEqual([failed.phase, owed], ['Failed', undefined], answer.kind);
    for (const type of ['Delivered', 'Failed']) {
      const known = failed.conditions.find((condition) => condition.type === type);
      assert.equal(known?.reason, 'DeadlineExceeded');
      assert.match(known?.message ?? '', /refused/);
    }
    assert.deepEqual(
      events.map(({ type, reason }) => [type, reason]),
      [['Warning', 'DeadlineExceeded']],
    );
  }
});

test('past its deadline it is not given up while a call without an answer may have delivered it', () => {
  const unsure = decide(late, { kind: 'Unreachable', message: 'cut' });
  assert.deepEqual([unsure.operation.phase, unsure.owed, unsure.unanswered], ['Pending', 'Apply', 1]);
  const known = unsure.operation.conditions.find(({ type }) => type === 'Delivered');
  assert.deepEqual([known?.status, known?.reason], ['Unknown', 'DeadlineExceeded']);
  assert.equal(unsure.events.length, 1);
  const again = { ...late, operation: unsure.operation, unanswered: 2 };
  assert.equal(decide(again, { kind: 'Unreachable', message: 'cut' }).events.length, 0);
  assert.equal(decide(again, { kind: 'Absent' }).operation.phase, 'Failed');
  const there = decide(again, { kind: 'Found', observation: seen('Running') });
  assert.deepEqual([there.operation.phase, there.operation.uid, there.owed], ['Running', 'u', undefined]);
});

function seen(phase: 'Running' | 'Succeeded'): Observation {
  const { id: operationId, name, namespace } = operation;
  return { name, namespace, uid: 'u', operationId, deleted: false, source: 'Listed', status: { phase } };
}

test('a cancel that finds it finished keeps what it has made, and one that finds it running deletes it', () => {
  const remove: Attempt = { ...cancelled, action: 'Cancel' };
  const finished = decide(remove, { kind: 'Found', observation: seen('Succeeded'), verdict: 'Leave' });
  assert.deepEqual([finished.operation.phase, finished.owed], ['Succeeded', undefined]);
  const running = decide(remove, { kind: 'Found', observation: seen('Running') });
  assert.deepEqual([running.operation.phase, running.owed], ['Running', 'Cancel']);
});

test('a cancel ends at once what the cluster has surely not got', () => {
  const step = decide(cancelled, { kind: 'Unreachable', message: 'x', untouched: true });
  assert.deepEqual([step.operation.phase, step.owed], ['Cancelled', undefined]);
});

test('refused credentials burn no attempt', () => {
  const step = decide({ ...apply, attempts: 3 }, { kind: 'CredentialsRejected', message: 'x' });
  assert.deepEqual([step.attempts, step.unanswered], [2, 0]);
  assert.equal(decide({ ...apply, attempts: 3 }, { kind: 'Unreachable', message: 'x' }).attempts, 3);
});

test('back-off grows, is spread, and stays within 20 s', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1000 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (attempts, chance) => {
        const seconds = backOffSeconds(attempts, chance);
        assert.ok(seconds >= 0.5 && seconds <= 20);
      },
    ),
  );
});
