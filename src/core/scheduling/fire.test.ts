import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dueSchedule } from '../../../test/support/core/due-schedule-example.ts';
import { fire } from './fire.ts';

test('a batch whose transaction began again counts each fire, and how late it was, once', async () => {
  let id = 0;
  const rung: (readonly string[])[] = [];
  const report = await fire({
    firing: {
      async fire({ claimed }, decide) {
        claimed(1);
        const around = { windows: [], room: new Map() };
        decide([dueSchedule], around);
        const { fires } = decide([dueSchedule], around);
        return { fires, operationCount: 1, clusterIds: [dueSchedule.clusterId] };
      },
    },
    clock: { now: async () => '2026-05-28T02:00:00.250Z' },
    doorbell: { ring: (clusterIds) => void rung.push(clusterIds) },
    vault: {
      newId: () => `id-${id++}`,
      newApiKey: assert.fail,
      newAgentToken: assert.fail,
      hashOf: assert.fail,
    },
    log: { info() {}, warn() {}, error() {}, debug() {} },
  });
  assert.deepEqual(report, { operationCount: 1, lagSeconds: [0.25] });
  assert.deepEqual(rung, [[dueSchedule.clusterId]]);
});
