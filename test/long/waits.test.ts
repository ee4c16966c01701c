/**
 * Faults of the database that last: a server that is paused for a minute, locks, connections that others have taken,
 * names that do not resolve; and Redis, mute. Whatever came due meanwhile fires within ten seconds of the end, and what
 * could not work said so.
 */
import assert from 'node:assert/strict';
import dns from 'node:dns';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { wantBackup } from '../support/connectors.ts';
import { type FaultScene, setFaultScene } from '../support/fault-scene.ts';
import { startOwnPostgres } from '../support/scheduler.ts';
import { until } from '../support/until.ts';

const lateSeconds = 10;
const pausedSeconds = 60;
const faultSeconds = 20;

async function connected(t: TestContext, url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  t.after(() => client.end());
  return client;
}

/** What comes due during the fault fires within ten seconds of its end; afterwards a backup goes its whole way. */
async function assertRecovers(scene: FaultScene, dueIds: readonly string[], t: TestContext): Promise<void> {
  const endedAt = performance.now();
  for (const id of dueIds) await scene.firedAfter(id, lateSeconds);
  const firedSeconds = (performance.now() - endedAt) / 1000;
  t.diagnostic(`all fired ${firedSeconds.toFixed(1)} s after the end of the fault`);
  assert.ok(firedSeconds <= lateSeconds, `fired only ${firedSeconds} s after the end of the fault`);
  const backup = await until('a request that is taken', 20, () => wantBackup(scene, scene).catch(() => undefined));
  await until('its delivery and its end', 30, () => scene.hasSucceeded(backup));
  await scene.untilReady();
  t.diagnostic(`all works ${((performance.now() - endedAt) / 1000).toFixed(1)} s after the end of the fault`);
}

const lockedTables = [
  ['schedule', 'application_instance', 'blackout_window'],
  ['operation', 'event', 'fire'],
  ['cluster', 'cluster_credential', 'cluster_lease', 'connector', 'task'],
];

describe('faults of the database that last', { concurrency: true }, () => {
  test(`a server that is paused for ${pausedSeconds} s`, async (t) => {
    const postgres = await startOwnPostgres();
    const scene = await setFaultScene(t, { backend: 'postgres', server: postgres });
    const due = await Promise.all([5, 20, 40, 58].map((seconds) => scene.dueIn(seconds)));
    postgres.signal('SIGSTOP');
    try {
      await until(
        'the roles to say so',
        15,
        async () => !(await scene.isReady('scheduler')) && !(await scene.isReady('connector')),
      );
      assert.equal((await scene.service.api.get('/readyz')).status, 503);
      await sleep(pausedSeconds * 1000);
      assert.equal((await scene.service.api.get('/livez')).status, 200);
    } finally {
      postgres.signal('SIGCONT');
    }
    await assertRecovers(scene, due, t);
  });

  for (const tables of lockedTables) {
    test(`a lock of ${faultSeconds} s on ${tables.join(', ')}`, async (t) => {
      const scene = await setFaultScene(t, { backend: 'postgres' });
      const due = await Promise.all([3, 12].map((seconds) => scene.dueIn(seconds)));
      const locker = await connected(t, scene.postgres.url);
      await locker.query(`begin; lock table ${tables.join(', ')} in access exclusive mode`);
      const lockedAt = performance.now();
      await until('what cannot work to say so', faultSeconds, () =>
        /fails|a round failed|not done after/.test(scene.service.logged()),
      );
      while (performance.now() - lockedAt < faultSeconds * 1000) {
        assert.equal(
          (await scene.service.api.get('/readyz')).status,
          200,
          'a lock is no reason to send requests elsewhere',
        );
        await sleep(1000);
      }
      await locker.query('commit');
      await assertRecovers(scene, due, t);
    });
  }

  test('connections that others have taken, all of them: it goes on firing with its own', async (t) => {
    const postgres = await startOwnPostgres();
    const scene = await setFaultScene(t, { backend: 'postgres', server: postgres });
    const due = await Promise.all([6, 12].map((seconds) => scene.dueIn(seconds)));
    const taken: Client[] = [];
    t.after(() => Promise.all(taken.map((client) => client.end())));
    for (let refused = 0; refused < 3; ) {
      const client = new Client({ connectionString: postgres.url });
      client.on('error', () => {});
      await client.connect().then(
        () => taken.push(client),
        () => (refused += 1),
      );
    }
    assert.ok(taken.length > 50);
    for (const id of due) assert.ok((await scene.firedAfter(id, faultSeconds + lateSeconds)) < lateSeconds);
    assert.ok(await scene.isReady('scheduler'));
    await Promise.all(taken.splice(0).map((client) => client.end()));
    await assertRecovers(scene, [], t);
  });

  test(`a name that does not resolve for ${faultSeconds} s, with every connection lost`, async (t) => {
    const lookup = dns.lookup;
    let resolves = true;
    const failing = (host: string, options: object, done: (error: Error | null, ...found: unknown[]) => void) => {
      if (host !== 'database.test') return Reflect.apply(lookup, dns, [host, options, done]);
      if (resolves) return Reflect.apply(lookup, dns, ['127.0.0.1', options, done]);
      setImmediate(() => done(Object.assign(new Error(`getaddrinfo EAI_AGAIN ${host}`), { code: 'EAI_AGAIN' })));
    };
    Reflect.set(dns, 'lookup', failing);
    t.after(() => Reflect.set(dns, 'lookup', lookup));
    const scene = await setFaultScene(t, { backend: 'postgres', host: 'database.test' });
    const due = await Promise.all([3, 15].map((seconds) => scene.dueIn(seconds)));
    resolves = false;
    await scene.postgres.cut();
    await scene.postgres.mend();
    await until(
      'the roles to say so',
      15,
      async () => !(await scene.isReady('scheduler')) && !(await scene.isReady('connector')),
    );
    await sleep(faultSeconds * 1000);
    resolves = true;
    await assertRecovers(scene, due, t);
  });

  test(`Redis, mute for ${faultSeconds} s: schedules fire in time meanwhile, and the connector says that it cannot deliver`, async (t) => {
    const scene = await setFaultScene(t, { backend: 'redis' });
    const due = await Promise.all([3, 12].map((seconds) => scene.dueIn(seconds)));
    scene.redis.mute();
    await until('the connector to say so', 15, async () => !(await scene.isReady('connector')));
    for (const id of due) assert.ok((await scene.firedAfter(id, faultSeconds)) < lateSeconds);
    assert.ok(await scene.isReady('scheduler'));
    await sleep(faultSeconds * 500);
    await scene.redis.mend();
    await assertRecovers(scene, [], t);
  });
});
