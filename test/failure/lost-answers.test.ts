/** The answer to a commit is lost on the way: the request finds out what became of it, and has its effect once. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Pool } from 'pg';
import { type BreakableProxy, startBreakableProxy } from '../support/breakable-proxy.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { startTestService, type TestService } from '../support/service.ts';

let database: TestDatabase;
let proxy: BreakableProxy;
let service: TestService;
let pool: Pool;

before(async () => {
  database = await freshDatabase();
  proxy = await startBreakableProxy(database.url);
  // The API alone, so that nobody else commits.
  service = await startTestService({
    backend: 'redis',
    roles: 'api',
    database: { url: proxy.url, drop: async () => {} },
  });
  pool = new Pool({ connectionString: database.url, max: 1 });
});
after(async () => {
  await pool?.end();
  await service?.close();
  await proxy?.remove();
  await database?.drop();
});

const named = async (name: string): Promise<number> =>
  (await pool.query('select from organization where name = $1', [name])).rowCount ?? 0;

test('a POST whose commit was made gets its answer, without an Idempotency-Key as well', async () => {
  proxy.loseAnswerTo('commit', { arrives: true });
  const answer = await service.api.post('/v1/organizations', { name: 'made' });
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  assert.equal(await named('made'), 1);
  assert.equal((await service.api.get(`/v1/organizations/${answer.body.id}`)).body.name, 'made');
});

test('a POST whose commit never arrived is refused as not done, and the repeated one is done once', async () => {
  proxy.loseAnswerTo('commit', { arrives: false });
  const key = { 'idempotency-key': 'lost' };
  const refused = await service.api.post('/v1/organizations', { name: 'lost' }, key);
  assert.deepEqual([refused.status, refused.body.code], [503, 'temporarily-unavailable']);
  assert.equal(await named('lost'), 0);
  const repeated = await service.api.post('/v1/organizations', { name: 'lost' }, key);
  assert.deepEqual([repeated.status, await named('lost')], [201, 1]);
});
