import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Condition } from '../../kernel/rules/condition.ts';
import { type WaitedForCluster, type WaitingOperation, waitingOf } from './waiting.ts';

const [createdAt, later] = ['2026-05-28T02:00:00.000Z', '2026-05-28T02:05:00.000Z'];
const condition = (type: string, status: Condition['status'], reason: string, message = ''): Condition => ({
  ...{ type, status, reason, message },
  lastTransitionTime: later,
});
const undelivered: WaitingOperation = { phase: 'Pending', conditions: [], createdAt };
const delivered: WaitingOperation = { ...undelivered, deliveredAt: later };
const well: WaitedForCluster = { conditions: [condition('Reachable', 'True', 'Answered')] };
const webhookDown = condition('Delivered', 'False', 'ServerError', 'failed calling webhook');

const cases: readonly [string, WaitingOperation, WaitedForCluster, string | undefined, string?][] = [
  ['no connector has come', undelivered, well, 'AwaitingDelivery'],
  ['the webhook is down', { ...undelivered, conditions: [webhookDown] }, well, 'ServerError', 'failed calling webhook'],
  ['a pause', undelivered, { ...well, throttledUntil: later }, 'Throttled'],
  ['the cluster is away', undelivered, { conditions: [condition('Reachable', 'False', 'Unreachable')] }, 'Unreachable'],
  [
    'the credentials are rejected',
    undelivered,
    { conditions: [condition('Authenticated', 'False', 'CredentialsRejected')] },
    'CredentialsRejected',
  ],
  [
    'blocked in the cluster',
    { ...delivered, conditions: [condition('Blocked', 'True', 'ConflictingOperation', 'a restore runs')] },
    well,
    'ConflictingOperation',
    'a restore runs',
  ],
  ['queued in the cluster', delivered, well, 'Queued'],
  ['it runs', { ...delivered, phase: 'Running' }, well, undefined],
  ['it has ended', { ...undelivered, phase: 'Failed', conditions: [webhookDown] }, well, undefined],
];

for (const [name, operation, cluster, reason, message] of cases) {
  test(`an Operation says what it waits for: ${name}`, () => {
    const waiting = waitingOf(operation, cluster);
    assert.equal(waiting?.reason, reason);
    if (message !== undefined) assert.equal(waiting?.message, message);
  });
}

test('it says since when it waits: for its delivery since it was made, for what is stated since that was stated', () => {
  const earlier = '2026-05-28T01:00:00.000Z';
  const away = { ...condition('Reachable', 'False', 'Unreachable', 'no route'), lastTransitionTime: earlier };
  const unsure = {
    ...condition('Delivered', 'Unknown', 'DeadlineExceeded'),
    lastTransitionTime: '2026-05-28T04:05:00+02:00',
  };
  const held = condition('Held', 'True', 'RestoreInFlight', 'r runs');
  const waits = (operation: Partial<WaitingOperation>, cluster: WaitedForCluster = well) =>
    waitingOf({ ...undelivered, ...operation }, cluster);
  const none = { reason: 'AwaitingDelivery', message: 'No connector has tried to deliver it yet.', since: createdAt };
  assert.deepEqual(waits({}), none);
  assert.deepEqual(
    waits({ conditions: [condition('Held', 'False', 'x'), condition('Delivered', 'True', 'Applied')] }),
    none,
  );
  assert.deepEqual(waits({}, { conditions: [away] }), { reason: 'Unreachable', message: 'no route', since: createdAt });
  const lately = { conditions: [{ ...away, lastTransitionTime: later }] };
  assert.equal(waits({}, lately)?.since, later);
  assert.deepEqual(waits({ conditions: [unsure] }), {
    reason: 'DeadlineExceeded',
    message: 'DeadlineExceeded',
    since: later,
  });
  const paused = { ...well, throttledUntil: later };
  const pause = { reason: 'Throttled', message: `The cluster asked for a pause until ${later}.`, since: createdAt };
  assert.deepEqual(waits({ conditions: [webhookDown] }, paused), pause, 'a pause goes before a failed try');
  assert.equal(waits({ conditions: [held] }, paused)?.reason, 'RestoreInFlight', 'and a hold before a pause');
  assert.equal(waits({ conditions: [webhookDown] }, { conditions: [away] })?.reason, 'ServerError');
  const queued = {
    reason: 'Queued',
    message: 'The cluster has accepted the resource and has not started it.',
    since: later,
  };
  assert.deepEqual(
    waits({ deliveredAt: later, conditions: [held, condition('Blocked', 'False', 'x')] }, paused),
    queued,
  );
});
