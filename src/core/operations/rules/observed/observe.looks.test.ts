/** The operator looks at Operations that have ended again, and whatever it then states moves no time and no phase. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { exampleOperation } from '../../../../../test/support/core/operation-example.ts';
import { isTerminal } from '../operation.ts';
import type { KnownOperation, Observation } from './observation.ts';
import { observe } from './observe.ts';
import { ObservedStatus } from './observed-status.ts';

const at = (second: number) => new Date(Date.parse('2026-05-28T10:00:00Z') + second * 1000).toISOString();
const operation: KnownOperation = { ...exampleOperation, uid: 'uid-1', deliveredAt: at(0) };

function seen(status: object, source: Observation['source'], version = 1000): Observation {
  const { id: operationId, name, namespace } = operation;
  const of = { name, namespace, operationId, uid: 'uid-1', deleted: false, ...(source !== undefined && { source }) };
  return { ...of, resourceVersion: String(version), status: ObservedStatus.parse(status) };
}

const condition = (type: string, status: 'True' | 'False', second: number, reason = 'R') => ({
  ...{ type, status, reason, message: '' },
  lastTransitionTime: at(second),
});

/** What an operator states at `second`, in one look at what began and ended when it says. */
const looks = {
  Pending: (second: number) => ({
    phase: 'Pending',
    conditions: [condition('Accepted', 'False', second), condition('Blocked', 'True', second, 'ConflictingOperation')],
  }),
  Running: (second: number) => ({
    phase: 'Running',
    startedAt: at(second),
    conditions: [condition('Running', 'True', second), condition('Succeeded', 'False', second, 'NotYetSucceeded')],
  }),
  // The start of the run before, or of the run that has just been begun again.
  Succeeded: (second: number, began: number) => ({
    phase: 'Succeeded',
    startedAt: at(began),
    finishedAt: at(second),
    conditions: [condition('Succeeded', 'True', second)],
  }),
  Failed: (second: number, began: number) => ({
    phase: 'Failed',
    startedAt: at(began),
    finishedAt: at(second),
    conditions: [condition('Failed', 'True', second), condition('Succeeded', 'False', second)],
  }),
  Both: (second: number) => ({
    phase: 'Succeeded',
    finishedAt: at(second),
    conditions: [condition('Succeeded', 'True', second), condition('Failed', 'True', second)],
  }),
} as const;

const look = fc.record({
  of: fc.constantFrom('Pending', 'Running', 'Succeeded', 'Failed', 'Both'),
  after: fc.integer({ min: 1, max: 2_000 }),
  began: fc.integer({ min: 0, max: 5_000 }),
  source: fc.constantFrom('Listed', 'Watched'),
} as const);

function timesOf({ phase, startedAt, finishedAt, expiresAt, deliveredAt, resourceGoneAt }: KnownOperation) {
  return { phase, startedAt, finishedAt, expiresAt, deliveredAt, resourceGoneAt };
}

test('no look of the operator at what has ended moves a time or the phase, and no start is after its end', () => {
  fc.assert(
    fc.property(fc.array(look, { maxLength: 20 }), (life) => {
      let known = operation;
      let second = 0;
      let version = 1000;
      for (const { of, after, began, source } of life) {
        second += after;
        version += 1;
        const status = looks[of](second, Math.min(began, second));
        const next = observe(known, seen(status, source, version), at(second + 1)).operation;
        if (isTerminal(known.phase)) {
          const { expiresAt: _, ...times } = timesOf(known);
          assert.partialDeepStrictEqual(timesOf(next), times);
          // A copy that the cluster states beside our end, and then takes back, expires no more.
          if (known.expiresAt !== undefined && next.expiresAt !== undefined)
            assert.equal(next.expiresAt, known.expiresAt);
        }
        assert.ok(!isTerminal(next.phase) || next.finishedAt !== undefined);
        assert.ok((next.startedAt ?? '') <= (next.finishedAt ?? '9'), JSON.stringify(timesOf(next)));
        known = next;
      }
    }),
    { numRuns: 2_000 },
  );
});

const succeeded = seen({ ...looks.Succeeded(60, 5) }, 'Watched', 1001);

test('a copy does not begin later, and is not kept longer, because it is looked at again', () => {
  const ended = observe(operation, succeeded, at(61)).operation;
  const again = observe(ended, seen(looks.Succeeded(1_560, 1_500), 'Listed', 1009), at(1_561)).operation;
  assert.deepEqual(timesOf(again), timesOf(ended));
  assert.equal(ended.expiresAt, at(5 + 720 * 3_600));
});

test('what ended and was looked at again before anybody watched ended when its condition says, not at the last look', () => {
  for (const phase of ['Succeeded', 'Failed'] as const) {
    const again = { phase, startedAt: at(5), finishedAt: at(36_060), conditions: [condition(phase, 'True', 60)] };
    for (const source of ['Listed', 'Watched'] as const) {
      const known = observe(operation, seen(again, source), at(40_000)).operation;
      assert.deepEqual([known.startedAt, known.finishedAt], [at(5), at(60)]);
    }
    const runAgain = observe(operation, seen({ ...again, startedAt: at(36_000) }, 'Listed'), at(40_000)).operation;
    assert.equal(runAgain.finishedAt, at(36_060), 'the condition is of the run before');
  }
});

test('an end that was posted gets its times from the first whole status that states it, and then they stand', () => {
  const posted = seen({ conditions: [condition('Succeeded', 'True', 70)], finishedAt: at(70) }, 'Posted');
  const known = observe(operation, posted, at(71)).operation;
  assert.deepEqual([known.startedAt, known.finishedAt], [undefined, at(70)]);
  const whole = observe(known, succeeded, at(72)).operation;
  assert.deepEqual(
    [whole.startedAt, whole.finishedAt, whole.expiresAt, whole.endIsPosted],
    [at(5), at(60), at(5 + 720 * 3_600), undefined],
  );
  const again = observe(whole, seen(looks.Succeeded(90, 80), 'Listed', 1009), at(91)).operation;
  assert.deepEqual(timesOf(again), timesOf(whole));
});

test('an ended Operation that is stated as in flight is marked with when that was first so, until it is stated as ended', () => {
  const ended = observe(operation, succeeded, at(61)).operation;
  assert.equal(ended.inFlightInCluster, undefined);
  const pending = observe(ended, seen(looks.Pending(100), 'Watched', 1002), at(101)).operation;
  const mark = { phase: 'Pending', message: 'R', since: at(101) };
  assert.deepEqual(pending.inFlightInCluster, mark);
  const later = observe(pending, seen(looks.Pending(130), 'Watched', 1003), at(131)).operation;
  assert.deepEqual(later.inFlightInCluster, mark);
  const running = observe(later, seen(looks.Running(140), 'Watched', 1004), at(141)).operation;
  assert.deepEqual(running.inFlightInCluster?.since, at(141));
  for (const end of [seen(looks.Succeeded(150, 140), 'Watched', 1005), { ...seen({}, undefined), deleted: true }])
    assert.equal(observe(running, end, at(151)).operation.inFlightInCluster, undefined);
  const blocked = seen({ conditions: [condition('Blocked', 'True', 100)] }, 'Posted');
  assert.equal(observe(ended, blocked, at(101)).operation.inFlightInCluster?.phase, 'Pending');
  assert.equal(observe(operation, blocked, at(101)).operation.inFlightInCluster, undefined, 'it has not ended');
});

test('Failed and Succeeded both True is a contradiction for as long as both are stated, and is told once', () => {
  const both = (second: number, phase: string) => seen({ ...looks.Both(second), phase }, 'Listed', 1000 + second);
  for (const [phase, other] of [
    ['Succeeded', 'Failed'],
    ['Failed', 'Succeeded'],
  ] as const) {
    const first = observe(operation, both(60, phase), at(61));
    assert.deepEqual([first.operation.phase, first.operation.contradiction?.phase], [phase, other]);
    assert.equal(first.events.filter(({ reason }) => reason === 'Contradicted').length, 1);
    const again = observe(first.operation, both(90, phase), at(91));
    assert.deepEqual(again.operation.contradiction, first.operation.contradiction);
    assert.equal(again.events.length, 0);
    const inFlight = observe(again.operation, seen(looks.Pending(95), 'Listed', 1095), at(96));
    assert.deepEqual(inFlight.operation.contradiction, first.operation.contradiction);
    const one = { phase, conditions: [condition(phase, 'True', 99)] };
    assert.equal(observe(again.operation, seen(one, 'Listed', 1099), at(100)).operation.contradiction, undefined);
  }
});
