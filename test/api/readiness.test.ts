/** Probes of running processes: of the API, of a role without it, while the database is away, and while it takes no writes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from 'pg';
import { startBreakableProxy } from '../support/breakable-proxy.ts';
import { clientOf } from '../support/client.ts';
import { freshDatabase } from '../support/database.ts';
import { freePort } from '../support/port.ts';
import { startTestService } from '../support/service.ts';
import { until } from '../support/until.ts';
import { startApi } from './harness.ts';
import { setScene } from './scene.ts';

const probe = (port: number, path: string) => clientOf(`http://127.0.0.1:${port}`, 'no-key').get(path);

test('a process without the API answers probes of its own roles, and measures them', async () => {
  const port = await freePort();
  const service = await startTestService({ backend: 'postgres', roles: 'scheduler', port });
  try {
    const ready = await until('the first tick', 20, async () => {
      const { status, body } = await probe(port, `/readyz/scheduler`);
      return status === 200 && body;
    });
    assert.ok(ready.checks.some(({ name, ok }: { name: string; ok: boolean }) => name === 'tick' && ok));
    assert.equal((await probe(port, `/readyz`)).status, 200);
    assert.equal((await probe(port, `/livez`)).body.status, 'alive');
    const other = await probe(port, `/readyz/connector`);
    assert.deepEqual([other.status, other.body.code], [404, 'not-found']);
    assert.equal((await probe(port, `/readyz/boss`)).status, 400);
    assert.equal((await probe(port, `/v1/clusters`)).status, 404);
    assert.match(await service.metrics(), /^backups_role_ready\{role="scheduler"\} 1$/m);
  } finally {
    await service.close();
  }
});

test('a start without its database waits for it, alive and not ready, says so, and goes on when it is there', async () => {
  const database = await freshDatabase();
  const proxy = await startBreakableProxy(database.url);
  await proxy.cut();
  const port = await freePort();
  const starting = startTestService({ backend: 'postgres', database: { url: proxy.url, drop: async () => {} }, port });
  starting.catch(() => {});
  try {
    const waiting = await until('probes', 10, () => probe(port, `/readyz`).catch(() => undefined));
    assert.deepEqual([waiting.status, waiting.body.checks[0].name], [503, 'database']);
    assert.equal((await probe(port, `/readyz/api`)).status, 503);
    assert.equal((await probe(port, `/livez`)).status, 200);
    await proxy.mend();
    const service = await starting;
    assert.match(service.logged(), /the database cannot be reached: the start waits for it/);
    assert.match(service.logged(), /ECONNREFUSED/);
    assert.equal((await probe(port, `/readyz`)).status, 200);
    await service.close();
  } finally {
    await proxy.remove();
    await database.drop();
  }
});

test('what waiting does not mend ends the start at once', async () => {
  const database = await freshDatabase();
  try {
    const url = new URL(database.url);
    url.pathname = '/nobody_made_this_one';
    const wrong = { url: url.href, drop: async () => {} };
    await assert.rejects(startTestService({ backend: 'postgres', database: wrong }), /does not exist/);
  } finally {
    await database.drop();
  }
});

test('a secrets key that nobody drew by chance ends the start, unless access is sealed with it already, and one that opens nothing does', async () => {
  const weak = Buffer.alloc(32, 7).toString('base64');
  await assert.rejects(
    startTestService({ backend: 'postgres', roles: 'api', secretsKey: weak }),
    /SECRETS_KEY has too little variety/,
  );
  const sealed = await startApi();
  try {
    await setScene(sealed);
    const url = new URL(process.env.TEST_DATABASE_URL ?? '');
    url.pathname = (await sealed.opened.pool.query('select current_database() as name')).rows[0].name;
    const start = (secretsKey?: string) =>
      startTestService({
        ...{ backend: 'postgres', roles: 'api', database: { url: url.href, drop: async () => {} } },
        ...(secretsKey !== undefined && { secretsKey }),
      });
    const service = await start(weak);
    assert.match(service.logged(), /"level":50.*too little variety.*are sealed with it/);
    await service.close();
    await assert.rejects(start(), /does not open the clusters' credentials/);
  } finally {
    await sealed.close();
  }
});

test('while the database takes no writes they are refused with words, reads go on, and readiness says degraded', async () => {
  const database = await freshDatabase();
  const service = await startTestService({ backend: 'redis', roles: 'api', database });
  const client = new Client({ connectionString: database.url });
  await client.connect();
  const { api } = service;
  const readiness = async () => {
    const { status, body } = await api.get('/readyz');
    const writes = body.checks.find(({ name }: { name: string }) => name === 'writes');
    return { status, state: body.status, writes };
  };
  try {
    await until('readiness', 10, async () => (await readiness()).state === 'ready');
    // As a disk that is full fails each write that needs room.
    await client.query(`
      create function full_disk() returns trigger language plpgsql as $$
      begin raise 'could not extend file: No space left on device' using errcode = '53100'; end $$;
      create trigger full_disk before insert on organization for each row execute function full_disk()`);
    const refused = await api.post('/v1/organizations', { name: 'x' });
    assert.deepEqual([refused.status, refused.body.code], [503, 'temporarily-unavailable']);
    assert.match(refused.body.detail, /takes no writes/);
    assert.equal((await api.get('/v1/organizations')).status, 200);
    const degraded = await until('readiness to say so', 5, async () => {
      const now = await readiness();
      return now.state === 'degraded' && now.writes.ok === false && now;
    });
    assert.equal(degraded.status, 200);
    assert.match(degraded.writes.detail, /disk is full/);
    await client.query('drop trigger full_disk on organization');
    assert.equal((await api.post('/v1/organizations', { name: 'x' })).status, 201);
    await until('readiness again', 5, async () => (await readiness()).state === 'ready');

    const name = new URL(database.url).pathname.slice(1);
    await client.query(`alter database ${name} set default_transaction_read_only = on`);
    await client.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
    const readOnly = await until('readiness of a read-only database', 10, async () => {
      const now = await readiness();
      return now.state === 'degraded' && now.writes?.ok === false && now;
    });
    assert.match(readOnly.writes.detail, /read-only/);
    const again = await until('an answer', 5, async () => {
      const answer = await api.post('/v1/organizations', { name: 'y' });
      return /takes no writes/.test(answer.body.detail) && answer;
    });
    assert.equal(again.status, 503);
    assert.equal((await api.get('/v1/organizations')).status, 200);
  } finally {
    await client.end();
    await service.close();
  }
});
