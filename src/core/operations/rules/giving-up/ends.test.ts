/** How an Operation ends on our side, and how its resource is said to leave. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleOperation } from '../../../../../test/support/core/operation-example.ts';
import { endAsCancelled, endAsOverdue, endNow, isPastDeliverBefore } from '../end-operation.ts';
import type { Operation } from '../operation.ts';
import { asBack, asLeft, withoutTidying, withTidying } from '../tidied.ts';

const [now, later] = ['2026-05-28T10:00:00.000Z', '2026-05-28T11:00:00.000Z'];
const condition = (type: string, status: 'True' | 'False', reason: string, message = 'm') => ({
  ...{ type, status, reason, message },
  lastTransitionTime: now,
});
const passing = ['Withdrawing', 'Overdue', 'Held'].map((type) => condition(type, 'True', 'R'));
const kept = condition('Accepted', 'True', 'R');

test('a cancel ends it with one condition and one event, and what is about one that goes on is dropped', () => {
  const step = endAsCancelled({ ...exampleOperation, conditions: [...passing, kept] }, 'm', now);
  const cancelled = condition('Cancelled', 'True', 'CancelledByUser');
  assert.deepEqual(step.operation, {
    ...{ ...exampleOperation, phase: 'Cancelled', finishedAt: now },
    conditions: [kept, cancelled],
  });
  assert.deepEqual(
    [step.owed, step.events.map(({ type, reason, message, at }) => [type, reason, message, at])],
    [undefined, [['Normal', 'Cancelled', 'm', now]]],
  );
  const ended = endAsCancelled({ ...exampleOperation, finishedAt: later }, 'm', now).operation;
  assert.equal(ended.finishedAt, later, 'a known end stands');
});

test('an end is never before the start, whatever the clocks of clusters say', () => {
  assert.deepEqual(
    [endNow({}, now), endNow({ startedAt: later }, now), endNow({ startedAt: now }, later)],
    [now, later, later],
  );
});

test('one that was not delivered in time says what stood in its way last', () => {
  const dated: Operation = { ...exampleOperation, deliverBefore: now };
  const words = (conditions: Operation['conditions'], operation = dated) => {
    const { operation: ended, events } = endAsOverdue({ ...operation, conditions }, later);
    const told = ['Delivered', 'Failed'].map((type) => ended.conditions.find((each) => each.type === type));
    assert.deepEqual(
      told.map((each) => [each?.status, each?.reason, each?.message]),
      [
        ['False', 'DeadlineExceeded', events[0]?.message],
        ['True', 'DeadlineExceeded', events[0]?.message],
      ],
    );
    return events.map(({ message }) => message).join();
  };
  const late = `The cluster did not accept it before ${now}, so it is not delivered any more.`;
  const never =
    'It was never tried: no replica with the role connector took it, or the cluster asked for no calls (Retry-After).';
  const [tried, held] = [condition('Delivered', 'False', 'Unreachable'), condition('Held', 'True', 'RestoreInFlight')];
  assert.equal(words([]), `${late} ${never}`);
  assert.equal(words([tried]), `${late} Last: Unreachable: m`);
  assert.equal(words([tried, held]), `${late} Held since ${now}: RestoreInFlight: m`);
  assert.equal(words([tried, { ...held, status: 'False' }]), `${late} Last: Unreachable: m`);
  assert.match(words([], exampleOperation), new RegExp(`before ${later}`));
});

test('deliverBefore has passed from its very moment on, and never where there is none', () => {
  assert.ok(isPastDeliverBefore({ ...exampleOperation, deliverBefore: now }, now));
  assert.ok(!isPastDeliverBefore({ ...exampleOperation, deliverBefore: later }, now));
  assert.ok(!isPastDeliverBefore(exampleOperation, now));
});

test('what is to leave says why until it has left, keeps the reason, and says nothing once it is back', () => {
  const leaving = withTidying({ ...exampleOperation, conditions: [kept] }, 'CopyGone', 'm', now);
  assert.deepEqual(leaving.conditions, [kept, condition('Tidied', 'False', 'CopyGone')]);
  const left = asLeft(leaving, later);
  const tidied = { ...condition('Tidied', 'True', 'CopyGone'), lastTransitionTime: later };
  assert.deepEqual(left, { ...leaving, resourceLeftAt: later, conditions: [kept, tidied] });
  assert.equal(asLeft(left ?? leaving, later), undefined, 'it has left already');
  assert.equal(asLeft(exampleOperation, later), undefined, 'it was not we who deleted it');
  assert.deepEqual(asBack(left ?? leaving), { ...exampleOperation, conditions: [kept] });
  assert.deepEqual(withoutTidying(leaving), { ...exampleOperation, conditions: [kept] });
  for (const same of [left ?? leaving, exampleOperation]) assert.equal(withoutTidying(same), same);
  const odd = { ...leaving, conditions: [condition('Tidied', 'False', 'Odd')] };
  assert.equal(asLeft(odd, later)?.conditions[0]?.reason, 'RestoreEnded', 'a reason of another version');
});
