/** Three days without the service, with real ticks over both queue back ends: the fires and the ledger are as stated. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCluster } from '../../simulator/index.ts';
import { setScene } from '../support/scene.ts';
import { backends, startTestService } from '../support/service.ts';
import { until } from '../support/until.ts';

const stated = {
  Latest: {
    operations: 1,
    ledger: [
      ['Late', 'ServiceDown', 1],
      ['Coalesced', 'ServiceDown', 71],
    ],
  },
  None: { operations: 0, ledger: [['Skipped', 'Missed', 72]] },
  All: { operations: 72, ledger: Array(72).fill(['Late', 'ServiceDown', 1]) },
} as const;

for (const backend of backends) {
  test(`an outage of three days is made up for as missedFires says, with the queue on ${backend}`, async (t) => {
    const cluster = await startCluster({ name: 'cluster-prod-1', speed: 500 });
    t.after(() => cluster.close());
    const hour = 3_600_000;
    // Half past the hour, so that no slot is near.
    let now = Math.ceil(Date.now() / hour) * hour + hour / 2;
    const service = await startTestService({ backend, clock: { now: async () => new Date(now).toISOString() } });
    t.after(() => service.close());
    const { applicationInstanceId } = await setScene(service.api, cluster);
    const ids: Record<string, string> = {};
    for (const missedFires of Object.keys(stated)) {
      const body = {
        applicationInstanceId,
        name: missedFires.toLowerCase(),
        schedule: '0 * * * *',
        missedFires,
        concurrencyPolicy: 'Allow',
      };
      const answer = await service.api.post('/v1/schedules', body);
      assert.equal(answer.status, 201, JSON.stringify(answer.body));
      ids[missedFires] = answer.body.id;
    }
    now += 72 * hour;
    for (const [missedFires, { operations, ledger }] of Object.entries(stated)) {
      const id = ids[missedFires];
      await until(`the slots of ${missedFires}`, 20, async () => {
        const { body } = await service.api.get(`/v1/schedules/${id}`);
        return Date.parse(body.nextSlotAt) > now;
      });
      const fires = (await service.api.get(`/v1/schedules/${id}/fires?limit=200`)).body.items;
      assert.deepEqual(
        fires.map((row: { outcome: string; reason: string; slotCount: number }) => [
          row.outcome,
          row.reason,
          row.slotCount,
        ]),
        ledger,
        missedFires,
      );
      const made = (await service.api.get(`/v1/operations?scheduleId=${id}&limit=200`)).body.items;
      assert.equal(made.length, operations);
    }
  });
}
