import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { assertProblem, startApi, type TestApi } from './harness.ts';
import { backup, type Scene, setScene } from './scene.ts';

describe('a POST with an Idempotency-Key takes effect once', () => {
  let api: TestApi;
  let scene: Scene;
  before(async () => {
    api = await startApi();
    scene = await setScene(api);
  });
  after(() => api.close());

  const post = (key: string, body: unknown, path = '/v1/operations', apiKey = api.adminKey) =>
    api.call('POST', path, { body, headers: { 'idempotency-key': key }, key: apiKey });
  const count = async () => Number((await api.opened.pool.query('select count(*) from operation')).rows[0].count);

  test('the same request gets the first answer, in any order of its keys', async () => {
    const first = await post('a', backup(scene, { ttl: '24h' }));
    const again = await post('a', { ttl: '24h', type: 'Backup', applicationInstanceId: scene.applicationInstanceId });
    assert.equal(first.headers['idempotency-replayed'], undefined);
    assert.equal(again.headers['idempotency-replayed'], 'true');
    assert.deepEqual(
      [again.status, again.body, again.headers.location],
      [first.status, first.body, first.headers.location],
    );
  });

  test('another request under the same key is refused, and the first still stands', async () => {
    const first = await post('b', backup(scene));
    assertProblem(await post('b', backup(scene, { ttl: '24h' })), 422, 'idempotency-key-reused');
    assert.deepEqual((await post('b', backup(scene))).body, first.body);
  });

  test('50 posts at once make one operation: each gets the same answer or Retry-After', async () => {
    const before = await count();
    const answers = await Promise.all(Array.from({ length: 50 }, () => post('c', backup(scene))));
    assert.equal(await count(), before + 1);
    const busy = answers.filter(({ status }) => status === 409);
    for (const answer of busy) {
      assertProblem(answer, 409, 'request-in-progress');
      assert.equal(answer.headers['retry-after'], '1');
    }
    const served = answers.filter(({ status }) => status === 201);
    assert.equal(served.length + busy.length, 50);
    assert.equal(new Set(served.map(({ body }) => body.operation.id)).size, 1);
    assert.equal(served.filter(({ headers }) => headers['idempotency-replayed'] === undefined).length, 1);
  });

  test('a refused request leaves the key free', async () => {
    assertProblem(await post('d', backup(scene, { ttl: '30d' })), 422);
    assertProblem(await post('d', { applicationInstanceId: scene.clusterId, type: 'Backup' }), 422);
    assert.equal((await post('d', backup(scene))).status, 201);
  });

  test('a key belongs to its API key and its address', async () => {
    assert.equal((await post('e', { name: 'five' }, '/v1/organizations')).status, 201);
    assert.equal((await post('e', backup(scene))).status, 201);
    assertProblem(await post('e', backup(scene), '/v1/operations', api.otherKey), 422, 'rule-violated');
    const [one, two] = [
      await api.make('/v1/operations', backup(scene)),
      await api.make('/v1/operations', backup(scene)),
    ];
    for (const { operation } of [one, two])
      assert.equal((await post('f', undefined, `/v1/operations/${operation.id}/cancel`)).body.id, operation.id);
    const replay = await post('f', undefined, `/v1/operations/${one.operation.id}/cancel`);
    assert.deepEqual([replay.status, replay.headers['idempotency-replayed']], [200, 'true']);
  });
});
