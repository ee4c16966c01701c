import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleOperation } from '../../../../../test/support/core/operation-example.ts';
import type { Operation, Phase } from '../operation.ts';
import { leftInCluster } from './left-in-cluster.ts';

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
