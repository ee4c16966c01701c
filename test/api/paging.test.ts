import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fire } from '../../src/core/scheduling/fire.ts';
import { assertProblem, pointersOf, startApi, type TestApi } from './harness.ts';
import { backup, type Scene, setScene } from './scene.ts';

describe('paging', () => {
  let api: TestApi;
  let scene: Scene;
  before(async () => {
    api = await startApi();
    scene = await setScene(api);
  });
  after(() => api.close());

  const pages = async (path: string, between: () => Promise<unknown> = async () => undefined) => {
    const items: { readonly [key: string]: string }[] = [];
    for (let cursor = ''; ; ) {
      const answer = await api.call('GET', `${path}${cursor}`);
      assert.equal(answer.status, 200, answer.text);
      items.push(...answer.body.items);
      if (answer.body.nextCursor === undefined) return items;
      cursor = `&cursor=${answer.body.nextCursor}`;
      await between();
    }
  };

  test('pages show every row once and in order, while others are inserted and changed', async () => {
    const made: string[] = [];
    const add = async () => made.push((await api.make('/v1/operations', backup(scene))).operation.id);
    for (let n = 0; n < 25; n += 1) await add();
    const known = [...made];
    const oldest = await pages('/v1/operations?limit=4&orderBy=createdAt', add);
    assert.deepEqual(
      oldest.map(({ id }) => id),
      made.slice(0, oldest.length),
    );
    assert.ok(known.every((id) => oldest.some((item) => item.id === id)));
    const all = [...made].reverse();
    const newest = await pages('/v1/operations?limit=7', add);
    assert.deepEqual(
      newest.map(({ id }) => id),
      all,
    );
  });

  test('fires are paged by their slot, the newest first', async () => {
    const { id } = await api.make('/v1/schedules', {
      applicationInstanceId: scene.applicationInstanceId,
      name: 'minutely',
      schedule: '* * * * *',
      concurrencyPolicy: 'Allow',
    });
    const start = Date.parse('2026-05-28T10:00:00Z');
    const slots = Array.from({ length: 9 }, (_, n) => new Date(start + n * 60_000).toISOString());
    await api.opened.pool.query('update schedule set next_slot_at = $2, next_fire_at = $2 where id = $1', [
      id,
      slots[0],
    ]);
    const { firing, vault } = api.opened;
    const log = { info() {}, warn() {}, error() {}, debug() {} };
    for (const slot of slots)
      await fire({ firing, vault, log, clock: { now: async () => slot }, doorbell: api.ports.doorbell });
    const fires = await pages(`/v1/schedules/${id}/fires?limit=2`);
    assert.deepEqual(
      fires.map(({ scheduledFor }) => scheduledFor),
      slots.toReversed(),
    );
    const ascending = await pages(`/v1/schedules/${id}/fires?limit=4&orderBy=scheduledFor`);
    assert.deepEqual(ascending, fires.toReversed());
    const operations = await pages(`/v1/operations?scheduleId=${id}`);
    assert.deepEqual(
      new Set(operations.map((operation) => operation.id)),
      new Set(fires.map(({ operationId }) => operationId)),
    );
  });

  test('a cursor is taken only as it was given', async () => {
    const { nextCursor } = (await api.call('GET', '/v1/operations?limit=1')).body;
    for (const query of [
      `cursor=${nextCursor}x`,
      `cursor=${nextCursor}&orderBy=createdAt`,
      `cursor=${nextCursor.slice(1)}`,
      `cursor=${Buffer.from('["-createdAt","1; drop table"]').toString('base64url')}`,
    ]) {
      const answer = await api.call('GET', `/v1/operations?${query}`);
      assertProblem(answer, 400, 'invalid-request');
      assert.deepEqual(pointersOf(answer), ['query/cursor']);
    }
    const foreign = await api.call('GET', `/v1/operations?cursor=${nextCursor}`, { key: api.otherKey });
    assert.deepEqual(foreign.body, { items: [] });
    // A moment is no id: what fits another list of the same order must not reach the database as an id.
    const crossed = Buffer.from(JSON.stringify(['-createdAt', '2026-05-28T10:00:00.000Z'])).toString('base64url');
    assertProblem(await api.call('GET', `/v1/operations?cursor=${crossed}`), 400, 'invalid-request');
  });
});
