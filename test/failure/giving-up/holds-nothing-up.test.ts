/** What is being withdrawn keeps nothing else waiting: neither its schedule, nor the limit of its cluster. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fire } from '../../../src/core/scheduling/fire.ts';
import { type Delivering, startDelivering } from '../../support/delivering.ts';
import { keptLog } from '../../support/log.ts';

describe('a withdrawal', () => {
  let scene: Delivering;
  before(async () => {
    // Its operator looks at nothing for as long as these tests run.
    scene = await startDelivering({ speed: 0.0001 });
  });
  after(() => scene.close());

  test('lets its schedule fire again under Forbid, in a cluster that takes one Operation at a time', async () => {
    const { api, applicationInstanceId, clusterId } = scene;
    const { id } = await api.make('/v1/schedules', { applicationInstanceId, name: 'hourly', schedule: '0 * * * *' });
    await api.call('PATCH', `/v1/clusters/${clusterId}`, { body: { inFlightLimit: 1 } });
    await api.call('POST', `/v1/schedules/${id}/trigger`);
    await scene.deliver();
    scene.ahead(3601);
    const { log } = keptLog();
    const clock = { now: async () => scene.now() };
    const fired = async () => {
      scene.ahead(11);
      return (await fire({ ...api.opened, clock, doorbell: { ring() {} }, log })).operationCount;
    };
    assert.equal(await fired(), 0, 'the Operation before is in flight');
    await scene.expire();
    assert.equal(await fired(), 1);
  });
});
