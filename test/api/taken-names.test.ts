/** A name that is taken: the refusal says whose it is, also when somebody else takes it at the same moment. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { until } from '../support/until.ts';
import { assertProblem, startApi, type TestApi } from './harness.ts';
import { access, backup, type Scene, setScene } from './scene.ts';

describe('a name that is taken', () => {
  let api: TestApi;
  let scene: Scene;
  before(async () => {
    api = await startApi();
    scene = await setScene(api);
  });
  after(() => api.close());

  /** Every kind of resource that has a name: its collection, its table, and one with this name. */
  const kinds: readonly (readonly [path: string, table: string, body: (name: string) => object])[] = [
    ['/v1/organizations', 'organization', (name) => ({ name })],
    ['/v1/application-classes', 'application_class', (name) => ({ name })],
    ['/v1/clusters', 'cluster', (name) => ({ name, ...access })],
    [
      '/v1/application-instances',
      'application_instance',
      (name) => {
        const { clusterId, applicationClassId } = scene;
        return { clusterId, applicationClassId, namespace: 'taken', name };
      },
    ],
    [
      '/v1/protection-plans',
      'protection_plan',
      (name) => ({ name, entries: [{ name: 'daily', schedule: '0 2 * * *', ttl: '720h' }] }),
    ],
    ['/v1/blackout-windows', 'blackout_window', (name) => ({ name, from: '22:00', to: '06:00' })],
    [
      '/v1/schedules',
      'schedule',
      (name) => ({ applicationInstanceId: scene.applicationInstanceId, name, schedule: '0 2 * * *' }),
    ],
    ['/v1/operations', 'operation', (name) => backup(scene, { name })],
  ];
  const idOf = (made: { id?: string; operation: { id: string } }) => made.id ?? made.operation.id;

  for (const [path, table, body] of kinds) {
    test(`says whose it is: POST ${path}`, async () => {
      const made = await api.make(path, body('taken'));
      const answer = await api.call('POST', path, { body: body('taken') });
      assertProblem(answer, 409, 'already-exists');
      assert.equal(answer.body.existingId, idOf(made));
    });

    test(`says whose it is when another transaction takes it meanwhile: POST ${path}`, async () => {
      const id = idOf(await api.make(path, body('before')));
      const taking = await api.opened.pool.connect();
      try {
        await taking.query('begin');
        await taking.query(`update ${table} set name = 'raced' where id = $1`, [id]);
        const asked = api.call('POST', path, { body: body('raced') });
        await until('the request waits for the name', 10, async () => {
          const waiting = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
          return (await api.opened.pool.query(waiting)).rowCount === 1;
        });
        await taking.query('commit');
        const answer = await asked;
        assertProblem(answer, 409, 'already-exists');
        assert.equal(answer.body.existingId, id);
      } finally {
        taking.release(true);
      }
    });
  }

  test('says whose it is for a rename', async () => {
    const { items } = (await api.call('GET', '/v1/organizations?limit=200')).body;
    const known = items.find(({ name }: { name: string }) => name === 'taken');
    const { id } = await api.make('/v1/organizations', { name: 'renamed' });
    const renamed = await api.call('PATCH', `/v1/organizations/${id}`, { body: { name: 'taken' } });
    assertProblem(renamed, 409, 'already-exists');
    assert.equal(renamed.body.existingId, known.id);
  });
});
