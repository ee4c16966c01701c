import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Attempt, backOffSeconds, type ClusterAnswer, decideDelivery } from './delivery.ts';
import { exampleOperation as operation } from './operation.example.ts';

const now = '2026-05-28T10:00:00.000Z';
const apply: Attempt = { operation, action: 'Apply', attempts: 1 };
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

test('a refusal fails the Operation with the words of the cluster', () => {
  const step = decide(apply, refused);
  assert.equal(step.operation.phase, 'Failed');
  assert.equal(step.owed, undefined);
  for (const type of ['Delivered', 'Failed']) {
    const told = step.operation.conditions.find((condition) => condition.type === type);
    assert.deepEqual(
      { reason: told?.reason, message: told?.message },
      { reason: 'AdmissionRejected', message: refused.message },
    );
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

test('a retry for the same reason is told once', () => {
  const first = decide(apply, { kind: 'Unreachable', message: 'x' });
  assert.equal(first.events.length, 1);
  assert.equal(
    decide({ ...apply, operation: first.operation }, { kind: 'Unreachable', message: 'x' }).events.length,
    0,
  );
});

test('a cancel that came while a delivery was under way leaves nothing in the cluster', () => {
  assert.equal(decide(cancelled, { kind: 'Applied', uid: 'u', warnings: [] }).owed, 'Delete');
  assert.equal(decide(cancelled, { kind: 'Unreachable', message: 'x' }).owed, 'Delete');
  assert.equal(decide(cancelled, refused).operation.phase, 'Cancelled');
  assert.equal(decide({ ...cancelled, action: 'Delete' }, { kind: 'Absent' }).operation.phase, 'Cancelled');
});

test('a resource that somebody else deleted does not come back', () => {
  const step = decide({ ...apply, operation: { ...operation, uid: 'u' } }, { kind: 'Absent' });
  assert.deepEqual({ phase: step.operation.phase, owed: step.owed }, { phase: 'Failed', owed: undefined });
});

test('back-off grows, is spread, and stays within a minute', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1000 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (attempts, chance) => {
        const seconds = backOffSeconds(attempts, chance);
        assert.ok(seconds >= 0.5 && seconds <= 60);
      },
    ),
  );
});
