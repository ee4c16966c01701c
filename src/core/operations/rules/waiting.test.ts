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
