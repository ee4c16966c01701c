import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answered } from './failure.ts';
import { hasRoom, holdSeconds, throttledAfter } from './throttling.ts';

const message = 'x';

test('a 429 or 503 with Retry-After holds for the whole cluster, for as long as it says and an hour at most', () => {
  for (const kind of ['Throttled', 'ServerError'] as const) {
    assert.equal(holdSeconds({ kind, message, retryAfterSeconds: 30 }, 1), 30);
    assert.equal(holdSeconds({ kind, message, retryAfterSeconds: 86_400 }, 1), 3600);
    assert.equal(holdSeconds({ kind, message }, 20), undefined);
  }
});

test('what a webhook says, or that it is away, is no word of the cluster: it is about that one call', () => {
  for (const kind of ['Throttled', 'ServerError'] as const) {
    const answer = { kind, message, retryAfterSeconds: 30, untouched: true } as const;
    assert.equal(holdSeconds(answer, 1), undefined);
    assert.ok(hasRoom(answer));
  }
});

test('a cluster that says a short time again and again is asked less often, up to every five seconds', () => {
  const told = { kind: 'Throttled', message, retryAfterSeconds: 1 } as const;
  assert.deepEqual(
    [0.5, 1, 3, 20].map((backOff) => holdSeconds(told, backOff)),
    [1, 1, 3, 5],
  );
  assert.equal(holdSeconds({ ...told, retryAfterSeconds: 0 }, 1), 1, 'at once is not at once');
});

test('only a call that the cluster took says that it has room, whatever it made of it', () => {
  const taken: readonly Answered[] = [
    { kind: 'Applied' },
    { kind: 'Absent' },
    { kind: 'Refused', status: 403, reason: 'AdmissionRejected', message },
  ];
  for (const answer of taken) assert.ok(hasRoom(answer), answer.kind);
  for (const kind of ['Throttled', 'ServerError', 'Unreachable'] as const) assert.ok(!hasRoom({ kind, message }), kind);
});

test('of two words the later holds, and none is forgotten but by room', () => {
  const [sooner, later] = ['2026-05-28T10:00:03.000Z', '2026-05-28T10:00:30.000Z'];
  assert.equal(throttledAfter(undefined, { throttledUntil: sooner }), sooner);
  assert.equal(throttledAfter(later, { throttledUntil: sooner }), later);
  assert.equal(throttledAfter(sooner, { throttledUntil: later }), later);
  assert.equal(throttledAfter(later, undefined), later);
  assert.equal(throttledAfter(later, 'HasRoom'), undefined);
});
