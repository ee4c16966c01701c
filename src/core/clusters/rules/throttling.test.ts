import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answered } from './failure.ts';
import { hasRoom, holdSeconds, throttledAfter } from './throttling.ts';

const message = 'x';

test('a 429 or 503 with Retry-After is a pause of the whole cluster, as long as it asks and at most an hour', () => {
  for (const kind of ['Throttled', 'ServerError'] as const) {
    assert.equal(holdSeconds({ kind, message, retryAfterSeconds: 30 }, 1), 30);
    assert.equal(holdSeconds({ kind, message, retryAfterSeconds: 86_400 }, 1), 3600);
    assert.equal(holdSeconds({ kind, message }, 20), undefined);
  }
});

test('an answer or failure of a webhook is no pause of the cluster: it is about that one call', () => {
  for (const kind of ['Throttled', 'ServerError'] as const) {
    const answer = { kind, message, retryAfterSeconds: 30, untouched: true } as const;
    assert.equal(holdSeconds(answer, 1), undefined);
    assert.ok(hasRoom(answer));
  }
});

test('a cluster that asks for short pauses again and again is called less often, down to every five seconds', () => {
  const short = { kind: 'Throttled', message, retryAfterSeconds: 1 } as const;
  assert.deepEqual(
    [0.5, 1, 3, 20].map((backOff) => holdSeconds(short, backOff)),
    [1, 1, 3, 5],
  );
  assert.equal(holdSeconds({ ...short, retryAfterSeconds: 0 }, 1), 1, 'at once is not at once');
});

test('only a call that the cluster took, even to refuse it, shows that it takes calls', () => {
  const taken: readonly Answered[] = [
    { kind: 'Applied' },
    { kind: 'Absent' },
    { kind: 'Refused', status: 403, reason: 'AdmissionRejected', message },
  ];
  for (const answer of taken) assert.ok(hasRoom(answer), answer.kind);
  for (const kind of ['Throttled', 'ServerError', 'Unreachable'] as const) assert.ok(!hasRoom({ kind, message }), kind);
});

test('of two pauses the one that ends later counts, and only a call that the cluster took ends it', () => {
  const [sooner, later] = ['2026-05-28T10:00:03.000Z', '2026-05-28T10:00:30.000Z'];
  assert.equal(throttledAfter(undefined, { throttledUntil: sooner }), sooner);
  assert.equal(throttledAfter(later, { throttledUntil: sooner }), later);
  assert.equal(throttledAfter(sooner, { throttledUntil: later }), later);
  assert.equal(throttledAfter(later, undefined), later);
  assert.equal(throttledAfter(later, 'HasRoom'), undefined);
});
