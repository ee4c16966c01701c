/**
 * Each role in a process of its own, and its connections to PostgreSQL or Redis fall silent: those that are open now while
 * new ones are served, which it mends by itself within seconds; or all of them for a while: then the role says so and the
 * others go on, and ten seconds after the end nothing is late any more. Each process ends by itself when it is asked to, also in the midst of it.
 */
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { wantBackup } from '../support/connectors.ts';
import { type RoleProcess, type RoleScene, roles, setRoleScene } from '../support/role-scene.ts';
import { backends } from '../support/service.ts';
import { until } from '../support/until.ts';

const lateSeconds = 10;
/** Longer than any statement may take in a request or a tick. */
const muteSeconds = 13;

/** At its probe and in its metrics. */
async function untilSaid(process: RoleProcess): Promise<void> {
  await until(`the ${process.role} to say that it does not work`, 15, async () => {
    const [ready, metric] = await Promise.all([process.isReady(), process.isReadyByMetric()]);
    return !ready && !metric;
  });
  assert.ok(await process.isAlive(), 'a restart would not help');
}

/** A request is answered, delivered and followed to its end. */
async function assertBackedUp(scene: RoleScene): Promise<void> {
  const id = await until('a request that is taken', 20, () => wantBackup(scene, scene).catch(() => undefined));
  await until('its delivery and its end', 30, () => scene.hasSucceeded(id));
}

/** What came due fires within ten seconds of the end of the fault, everything works, and every role says so. */
async function assertRecovers(scene: RoleScene, due: readonly string[], t: TestContext, what: string): Promise<void> {
  const endedAt = performance.now();
  const since = () => (performance.now() - endedAt) / 1000;
  for (const id of due) await scene.firedAfter(id, lateSeconds);
  const firedSeconds = since();
  assert.ok(firedSeconds <= lateSeconds, `${what}: fired ${firedSeconds} s after the end of the fault`);
  await assertBackedUp(scene);
  for (const role of roles) await until(`the ${role} to be ready`, 30, scene.processes[role].isReady);
  for (const role of roles) await until('the metric to say so', 5, scene.processes[role].isReadyByMetric);
  t.diagnostic(`${what}: fired ${firedSeconds.toFixed(1)} s, all works ${since().toFixed(1)} s after the end of it`);
}

async function assertEndByThemselves(scene: RoleScene): Promise<void> {
  const processes = roles.map((role) => scene.processes[role]);
  for (const process of processes) process.signal('SIGTERM');
  for (const process of processes) assert.equal(await process.ended(), 0, `${process.role}: ${process.logged()}`);
}

describe('roles in processes of their own', { concurrency: true }, () => {
  for (const backend of backends) {
    test(`whose open connections to PostgreSQL fall silent find out by themselves, with the queue on ${backend}`, async (t) => {
      const scene = await setRoleScene(t, backend);
      for (const silent of [...roles.map((role) => [role]), roles]) {
        const due = await scene.dueIn(2);
        for (const role of silent) scene.processes[role].postgres.muteEstablished();
        const late = await scene.firedAfter(due, 3 * lateSeconds);
        assert.ok(late <= lateSeconds, `it fired ${late} s late`);
        await assertRecovers(scene, [], t, `${silent.join(', ')}: fired ${late.toFixed(1)} s late`);
      }
      if (backend === 'redis') {
        const due = await scene.dueIn(2);
        for (const role of roles) scene.processes[role].redis.muteEstablished();
        const late = await scene.firedAfter(due, 3 * lateSeconds);
        assert.ok(late <= lateSeconds, `it fired ${late} s late`);
        await assertRecovers(scene, [], t, `Redis: fired ${late.toFixed(1)} s late`);
      }
      for (const role of roles) scene.processes[role].postgres.muteEstablished();
      await assertEndByThemselves(scene);
    });
  }

  test('that PostgreSQL does not answer at all say so while the others go on; then all of them; then Redis', async (t) => {
    const scene = await setRoleScene(t, 'redis');
    const { api, scheduler, connector } = scene.processes;
    const during = async (
      processes: readonly RoleProcess[],
      proxy: 'postgres' | 'redis',
      goesOn: () => Promise<void>,
    ) => {
      const mutedAt = performance.now();
      for (const process of processes) process[proxy].mute();
      await goesOn();
      await sleep(Math.max(0, mutedAt + muteSeconds * 1000 - performance.now()));
      await Promise.all(processes.map((process) => process[proxy].mend()));
    };
    const firesInTime = async (seconds: number) => {
      const late = await scene.firedAfter(await scene.dueIn(seconds), lateSeconds);
      assert.ok(late < lateSeconds, `it fired ${late} s late`);
    };

    await during([api], 'postgres', async () => {
      await untilSaid(api);
      assert.equal((await scene.service.api.get('/v1/schedules')).status, 503, 'a request is answered all the same');
      await firesInTime(2);
      assert.ok((await scheduler.isReady()) && (await connector.isReady()));
    });
    await assertRecovers(scene, [], t, 'api');

    const due = await scene.dueIn(4);
    await during([scheduler], 'postgres', async () => {
      await untilSaid(scheduler);
      await assertBackedUp(scene);
      assert.ok((await api.isReady()) && (await connector.isReady()));
    });
    await assertRecovers(scene, [due], t, 'scheduler');

    await during([connector], 'postgres', async () => {
      await untilSaid(connector);
      await firesInTime(2);
      await wantBackup(scene, scene);
      assert.ok((await api.isReady()) && (await scheduler.isReady()));
    });
    await assertRecovers(scene, [], t, 'connector');

    const allDue = await Promise.all([4, 10].map(scene.dueIn));
    const all = roles.map((role) => scene.processes[role]);
    await during(all, 'postgres', async () => void (await Promise.all(all.map(untilSaid))));
    await assertRecovers(scene, allDue, t, 'all');

    await during(all, 'redis', async () => {
      await untilSaid(connector);
      await firesInTime(2);
      await wantBackup(scene, scene);
      assert.ok((await api.isReady()) && (await scheduler.isReady()), 'they go on without the queue');
    });
    await assertRecovers(scene, [], t, 'Redis');
    for (const { postgres } of all) postgres.mute();
    await sleep(2_000);
    await assertEndByThemselves(scene);
  });
});
