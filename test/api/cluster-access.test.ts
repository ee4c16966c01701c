/** Every way to give access to a cluster obeys one set of rules, and no answer repeats what was given. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { accessReader } from '../../src/kubernetes/access-reader.ts';
import { assertProblem, pointersOf, startApi, type TestApi } from './harness.ts';
import { access as good } from './scene.ts';

const canary = 'canary-token-0123456789';
const servers: Readonly<Record<string, string>> = {
  'a user name': `https://${canary}@10.0.0.10`,
  'a user name and password': `https://admin:${canary}@10.0.0.10:6443`,
  'a query': `https://10.0.0.10/?tok=${canary}`,
  'an empty query': 'https://10.0.0.10/?',
  'a fragment': `https://10.0.0.10/#${canary}`,
  'plain http': 'http://10.0.0.10',
};
const authorities: Readonly<Record<string, string>> = {
  'words between the marks': '-----BEGIN CERTIFICATE-----\ngarbage\n-----END CERTIFICATE-----',
  'base64 of nothing': '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
  'no end': '-----BEGIN CERTIFICATE-----\nMIIB',
  'marks without end': '-----BEGIN CERTIFICATE-----\n'.repeat(2_000),
  'a key': '-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----',
  'too many certificates': good.ca.repeat(51),
};
/** Where nobody's cluster is, in the forms that URLs read as that address. */
const local = [
  'https://127.0.0.1:6443',
  'https://127.1:5432',
  'https://2130706433:6379',
  'https://0x7f.1',
  'https://[::1]:6443',
  'https://[::ffff:127.0.0.1]',
  'https://localhost:6443',
  'https://api.localhost.',
  'https://169.254.169.254',
  'https://[fe80::1]',
  'https://0.0.0.0:6443',
  'https://10.0.0.5:5432',
  'https://10.0.0.5:6443',
];

const kubeconfigFor = (server: string, ca?: string) =>
  JSON.stringify({
    'current-context': 'a',
    contexts: [{ name: 'a', context: { cluster: 'b', user: 'c' } }],
    clusters: [
      {
        name: 'b',
        cluster: {
          server,
          ...(ca !== undefined && { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
        },
      },
    ],
    users: [{ name: 'c', user: { token: canary } }],
  });

describe('access to a cluster', () => {
  const strict = accessReader({
    allowInsecureTls: false,
    ownServers: () => [{ address: '10.0.0.5', port: 5432 }],
  });
  let api: TestApi;
  let id: string;
  let openTransactions: number[] = [];
  before(async () => {
    api = await startApi({
      async readAccess(...given) {
        const { rows } = await api.opened.pool.query(
          `select from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'`,
        );
        openTransactions.push(rows.length);
        return strict.readAccess(...given);
      },
    });
    id = (await api.make('/v1/clusters', { name: 'well', ...good })).id;
  });
  after(async () => {
    await api.close();
    await strict.close();
  });

  const refused = async (given: object, pointer: string, what: string) => {
    for (const [method, path, body] of [
      ['POST', '/v1/clusters', { name: 'new', ...given }],
      ['PATCH', `/v1/clusters/${id}`, given],
    ] as const) {
      const answer = await api.call(method, path, { body });
      assertProblem(answer, 422, 'rule-violated');
      assert.deepEqual(pointersOf(answer), [pointer], `${what}: ${answer.text}`);
      assert.doesNotMatch(answer.text, new RegExp(canary), what);
    }
  };

  for (const [what, server] of Object.entries(servers)) {
    test(`a server with ${what} is refused, by itself and in a kubeconfig`, async () => {
      await refused({ ...good, server }, '/server', what);
      await refused({ kubeconfig: kubeconfigFor(server) }, '/kubeconfig', what);
    });
  }

  for (const [what, ca] of Object.entries(authorities)) {
    test(`an authority of ${what} is refused, by itself and in a kubeconfig`, async () => {
      await refused({ ...good, ca }, '/ca', what);
      await refused({ kubeconfig: kubeconfigFor('https://10.0.0.10', ca) }, '/kubeconfig', what);
    });
  }

  test('an address of this machine, of the service or of a cloud is refused, alike for each port', async () => {
    const texts = new Set<string>();
    for (const server of local) {
      await refused({ ...good, server }, '/server', server);
      await refused({ kubeconfig: kubeconfigFor(server) }, '/kubeconfig', server);
      const { body } = await api.call('POST', '/v1/clusters', { body: { name: 'new', ...good, server } });
      texts.add(body.detail);
    }
    assert.equal(texts.size, 1);
  });

  test('what was registered there before goes on, with new credentials too, but moves to no other such address', async () => {
    const server = 'https://127.0.0.1:6443';
    const { id: known } = await api.make('/v1/clusters', { name: 'older', ...good });
    const target = await api.opened.directory.target(known);
    assert.ok(target);
    await api.opened.store.transaction((tx) =>
      tx.credentials.put(target.cluster, { server, ca: good.ca, token: canary }),
    );
    const changed = await api.call('PATCH', `/v1/clusters/${known}`, { body: { ...good, server, token: 'new-token' } });
    assert.equal(changed.status, 200, changed.text);
    const after = await api.opened.directory.target(known);
    assert.deepEqual([after?.access.token, after?.access.deniesLocalAddresses], ['new-token', undefined]);
    const moved = await api.call('PATCH', `/v1/clusters/${known}`, { body: { ...good, server: `${server}/x` } });
    assertProblem(moved, 422, 'rule-violated');
  });

  test('access is read outside of any transaction, because reading it may take its time', async () => {
    openTransactions = [];
    const { id: known } = await api.make('/v1/clusters', { name: 'unhurried', ...good });
    const changed = await api.call('PATCH', `/v1/clusters/${known}`, { body: { ...good, token: 'new-token' } });
    assert.equal(changed.status, 200, changed.text);
    assert.deepEqual(openTransactions, [0, 0]);
  });

  test('access is stored with the rule that it was given under', async () => {
    assert.equal((await api.opened.directory.target(id))?.access.deniesLocalAddresses, true);
  });

  test('what was registered with a secret in its address before does not answer with it any more', async () => {
    const known = await api.make('/v1/clusters', { name: 'leaky', ...good });
    const migration = await readFile(
      new URL('../../prisma/migrations/20261129231500_servers_without_secrets/migration.sql', import.meta.url),
      'utf8',
    );
    for (const [before, after] of [
      [`https://admin:${canary}@10.0.0.10:6443`, 'https://10.0.0.10:6443'],
      [`https://10.0.0.10/k8s?tok=${canary}`, 'https://10.0.0.10/k8s'],
      [`https://a@b:${canary}@10.0.0.10/#${canary}`, 'https://10.0.0.10/'],
      ['https://10.0.0.10/at@sign', 'https://10.0.0.10/at@sign'],
    ] as const) {
      await api.opened.pool.query('update cluster set server = $2 where id = $1', [known.id, before]);
      await api.opened.pool.query(migration);
      assert.equal((await api.call('GET', `/v1/clusters/${known.id}`)).body.server, after);
    }
  });
});
