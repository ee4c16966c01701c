/** Who may administer: what each start makes of ADMIN_API_KEY, and that the last administrator cannot lock itself out. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ensureAdmin } from '../../src/core/access/ensure-admin.ts';
import { openStore } from '../../src/postgres/store.ts';
import { freshDatabase } from '../support/database.ts';
import { keptLog } from '../support/log.ts';
import { assertProblem, startApi, type TestApi } from './harness.ts';

const first = 'first-key-of-the-environment-0123456789';
const second = 'second-key-of-the-environment-9876543210';

describe('the key of ADMIN_API_KEY', () => {
  let api: TestApi;
  before(async () => {
    api = await startApi();
  });
  after(() => api.close());

  const start = async (secret: string) => {
    const { log, text } = keptLog();
    assert.equal(await ensureAdmin({ ...api.opened, log }, secret), undefined);
    return text();
  };
  const status = async (key: string) => (await api.call('GET', '/v1/watchdog', { key })).status;
  const idOf = async (key: string) => {
    const hash = api.opened.vault.hashOf(key);
    return (await api.opened.pool.query('select id from api_key where hash = $1', [hash])).rows[0].id;
  };

  test('eight roles that start at once on an empty database all find the one key', async () => {
    const database = await freshDatabase();
    const { log } = keptLog();
    const opened = await openStore({ url: database.url, secretsKey: Buffer.alloc(32, 7), log });
    try {
      await Promise.all(Array.from({ length: 8 }, () => ensureAdmin({ ...opened, log }, first)));
      const { rows } = await opened.pool.query(
        `select (select count(*)::int from organization) as organizations, (select count(*)::int from api_key) as keys`,
      );
      assert.deepEqual(rows, [{ organizations: 1, keys: 1 }]);
    } finally {
      await opened.close();
      await database.drop();
    }
  });

  test('one that was revoked is valid again after a start, which says so', async () => {
    assert.equal(await start(first), '', 'a new key is nothing to warn of');
    assert.equal(await start(first), '', 'nor is a known one');
    assert.equal(await status(first), 200);
    const id = await idOf(first);
    assert.equal((await api.call('POST', `/v1/api-keys/${id}/revoke`)).status, 200);
    assert.equal(await status(first), 401);
    assert.match(await start(first), new RegExp(`${id}.*valid again`));
    assert.equal(await status(first), 200);
  });

  test('one that has expired or may too little may administer after a start', async () => {
    const hash = api.opened.vault.hashOf(first);
    for (const wrong of [`expires_at = now() - interval '1 s'`, `scopes = '{clusters:read}'`]) {
      await api.opened.pool.query(`update api_key set ${wrong} where hash = $1`, [hash]);
      assert.notEqual(await status(first), 200);
      assert.match(await start(first), /valid again/);
      assert.equal(await status(first), 200);
    }
  });

  test('another value revokes the earlier one, says so, and leaves keys that the API made alone', async () => {
    const id = await idOf(first);
    assert.match(await start(second), new RegExp(`${id}.*revoked`));
    assert.deepEqual([await status(first), await status(second), await status(api.adminKey)], [401, 200, 200]);
    assert.match(await start(first), /valid again[\s\S]*revoked/);
    assert.deepEqual([await status(first), await status(second)], [200, 401]);
  });
});

test('the last valid key with platform:admin cannot be revoked, whoever asks; with another one it can', async () => {
  const api = await startApi();
  try {
    const me = (await api.call('GET', '/v1/api-keys')).body.items[0];
    const revoke = (id: string) => api.call('POST', `/v1/api-keys/${id}/revoke`);
    const refused = await revoke(me.id);
    assertProblem(refused, 409, 'last-administrator');
    assert.match(refused.body.detail, /Create another one/);
    const expired = await api.make('/v1/api-keys', { name: 'short', scopes: ['platform:admin'] });
    await api.opened.pool.query(`update api_key set expires_at = now() - interval '1 s' where id = $1`, [expired.id]);
    assertProblem(await revoke(me.id), 409, 'last-administrator');
    const other = await api.make('/v1/api-keys', { name: 'other', scopes: ['platform:admin'] });
    // Each with the other one's leave: only one of them may go.
    const both = await Promise.all([
      revoke(me.id),
      api.call('POST', `/v1/api-keys/${other.id}/revoke`, { key: other.secret }),
    ]);
    assert.deepEqual(both.map(({ status }) => status).filter((status) => status === 200).length, 1);
  } finally {
    await api.close();
  }
});
