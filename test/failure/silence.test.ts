/**
 * The connections to PostgreSQL or Redis are silenced: no packet comes any more, none is refused, and new ones are
 * served. All roles in one process, as it is started without any setting. Each has to notice by itself, within seconds.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { wantBackup } from '../support/connectors.ts';
import { setFaultScene } from '../support/fault-scene.ts';
import { backends } from '../support/service.ts';
import { until } from '../support/until.ts';

/** How late a fire may be after a fault. */
const lateSeconds = 10;

describe('connections that fall silent', { concurrency: true }, () => {
  for (const backend of backends) {
    test(`to PostgreSQL: it fires within ${lateSeconds} s, serves requests, delivers and watches again, with the queue on ${backend}`, async (t) => {
      const scene = await setFaultScene(t, { backend });
      const due = await scene.dueIn(2);
      scene.postgres.muteEstablished();
      const silentAt = performance.now();
      const since = () => ((performance.now() - silentAt) / 1000).toFixed(1);
      const late = await scene.firedAfter(due, 3 * lateSeconds);
      t.diagnostic(`fired ${late.toFixed(1)} s late`);
      assert.ok(late <= lateSeconds, `it fired ${late} s late`);
      const backup = await until('a request that is taken', 20, () => wantBackup(scene, scene).catch(() => undefined));
      t.diagnostic(`a request is taken after ${since()} s`);
      await until('its delivery, and the watch that sees its end', 30, () => scene.hasSucceeded(backup));
      t.diagnostic(`delivered and watched after ${since()} s`);
      await scene.untilReady();
      assert.match(scene.service.logged(), /the database did not answer/);
    });
  }

  test('to Redis: it fires in time, and delivers again', async (t) => {
    const scene = await setFaultScene(t, { backend: 'redis' });
    const due = await scene.dueIn(2);
    scene.redis.muteEstablished();
    const silentAt = performance.now();
    const late = await scene.firedAfter(due, 3 * lateSeconds);
    assert.ok(late <= lateSeconds, `it fired ${late} s late`);
    const backup = await wantBackup(scene, scene);
    await until('its delivery', 30, () => scene.hasSucceeded(backup));
    t.diagnostic(
      `fired ${late.toFixed(1)} s late; delivered after ${((performance.now() - silentAt) / 1000).toFixed(1)} s`,
    );
  });
});
