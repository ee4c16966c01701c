import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleOperation } from '../../../../../test/support/core/operation-example.ts';
import type { Operation, Phase } from '../operation.ts';
import { hadStarted, leftInCluster, wasGivenUp } from './left-in-cluster.ts';

const at = '2026-05-28T10:00:00.000Z';
const ended = (phase: Phase, reason: string, more: Partial<Operation> = {}): Operation => ({
  ...{ ...exampleOperation, uid: 'u', deliveredAt: at, phase },
  conditions: [{ type: phase, status: 'True', reason, message: '', lastTransitionTime: at }],
  ...more,
});

test('only what was given up here, and has neither ended nor gone there, may still be in the cluster', () => {
  const contradiction = { phase: 'Succeeded', message: '', at } as const;
  const neverDelivered = { deliveredAt: undefined } as const;
  for (const [operation, expected] of [
    [ended('Failed', 'PendingTimeout'), 'MayBeThere'],
    [ended('Failed', 'RunningTimeout'), 'MayBeThere'],
    [ended('Failed', 'FailedValidation'), 'MayBeThere'],
    [ended('Failed', 'AdmissionRejected', neverDelivered), 'MayBeThere'],
    [ended('Failed', 'AdmissionRejected', { ...neverDelivered, uid: undefined }), 'Gone'],
    [ended('Failed', 'PendingTimeout', { resourceGoneAt: at }), 'Gone'],
    [ended('Failed', 'PendingTimeout', { contradiction }), 'Ended'],
    [ended('Failed', 'ExternalDeletion'), 'Gone'],
    [ended('Failed', 'EngineFailed'), 'Ended'],
    [ended('Succeeded', 'EngineCompleted'), 'Ended'],
    [ended('Cancelled', 'CancelledByUser'), 'Gone'],
    [ended('Cancelled', 'SupersededByOperation'), 'Ended'],
  ] as const)
    assert.equal(leftInCluster(operation), expected, `${operation.phase} ${operation.conditions[0]?.reason}`);
});

test('the reason of an end is that of its own condition, whatever else is stated beside it', () => {
  const condition = { status: 'True', reason: 'CancelledByUser', message: '', lastTransitionTime: at } as const;
  for (const [reason, expected] of [
    ['ExternalDeletion', 'Gone'],
    ['PendingTimeout', 'MayBeThere'],
    ['EngineFailed', 'Ended'],
  ] as const) {
    const { conditions, ...operation } = ended('Failed', reason);
    for (const beside of [
      { ...condition, type: 'Accepted' },
      { ...condition, type: 'Succeeded' },
    ])
      assert.equal(leftInCluster({ ...operation, conditions: [beside, ...conditions] }), expected, reason);
    const unsaid = conditions.map((each) => ({ ...each, status: 'False' as const }));
    assert.equal(leftInCluster({ ...operation, conditions: unsaid }), 'Ended', 'no end is stated');
  }
});

test('it had started when a start is known, when it runs again, or when it ended for something that only follows a start', () => {
  const inFlight = (phase: 'Pending' | 'Running') => ({ inFlightInCluster: { phase, message: '', since: at } });
  for (const [operation, expected] of [
    [ended('Failed', 'PendingTimeout'), false],
    [ended('Failed', 'RunningTimeout'), true],
    [ended('Failed', 'FailedValidation'), true],
    [ended('Cancelled', 'RunningTimeout'), false],
    [ended('Failed', 'PendingTimeout', { startedAt: at }), true],
    [ended('Failed', 'PendingTimeout', inFlight('Running')), true],
    [ended('Failed', 'PendingTimeout', inFlight('Pending')), false],
  ] as const)
    assert.equal(hadStarted(operation), expected, JSON.stringify(operation.conditions));
});

test('it was given up when it failed by a decision of ours, or before the cluster was known to have it', () => {
  const neverDelivered = { deliveredAt: undefined } as const;
  for (const [operation, expected] of [
    [ended('Failed', 'EngineFailed'), false],
    [ended('Failed', 'EngineFailed', neverDelivered), true],
    [ended('Cancelled', 'PendingTimeout', neverDelivered), false],
    [ended('Failed', 'DeadlineExceeded'), true],
    [{ ...ended('Failed', 'PendingTimeout'), conditions: ended('Cancelled', 'PendingTimeout').conditions }, false],
  ] as const)
    assert.equal(wasGivenUp(operation), expected, `${operation.phase} ${operation.conditions[0]?.reason}`);
});
