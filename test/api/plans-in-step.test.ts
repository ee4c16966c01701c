import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { within } from '../support/until.ts';
import { assertProblem } from './harness.ts';
import { daily, setPlanScene, weekly } from './plan-scene.ts';

const { api, instance, plan, apply, detach, schedulesOf } = await setPlanScene();

describe('a changed plan', () => {
  after(() => api.close());

  test('a change of a plan brings all of 60 applications in step at once', async () => {
    const gold = await plan('many');
    const ids: string[] = [];
    for (let n = 0; n < 60; n += 1) ids.push(await instance());
    for (const id of ids) assert.equal((await apply(id, { protectionPlanId: gold.id })).status, 200);
    const path = `/v1/protection-plans/${gold.id}`;
    const entries = [
      { ...daily, schedule: '30 4 * * *', spreadSeconds: 3600 },
      { name: 'monthly', schedule: '0 4 1 * *', ttl: '8760h' },
    ];
    const changing = api.call('PATCH', path, {
      body: { entries, timeZone: 'Asia/Tokyo' },
      headers: { 'if-match': '"1"' },
    });
    const changed = await within('the change', 5, changing);
    assert.equal(changed.status, 200, changed.text);
    assert.deepEqual([changed.body.appliedCount, changed.headers.etag], [60, '"2"']);
    assert.match(changed.body.note, /keep the time to live/);
    const { rows } = await api.opened.pool.query(
      `select name, schedule, time_zone, ttl, spread_seconds, revision, deleted_at is not null as deleted, count(*)::int,
              min(extract(epoch from next_fire_at - next_slot_at)) as least, max(extract(epoch from next_fire_at - next_slot_at)) as most,
              count(distinct next_slot_at)::int as slots
       from schedule where protection_plan_id = $1 group by 1, 2, 3, 4, 5, 6, 7 order by 1`,
      [gold.id],
    );
    assert.deepEqual(
      rows.map(({ name, schedule, time_zone, revision, deleted, count }) => [
        name,
        schedule,
        time_zone,
        revision,
        deleted,
        count,
      ]),
      [
        ['plan-daily', '30 4 * * *', 'Asia/Tokyo', 2, false, 60],
        ['plan-monthly', '0 4 1 * *', 'Asia/Tokyo', 1, false, 60],
        ['plan-weekly', '0 3 * * 0', 'Etc/UTC', 2, true, 60],
      ],
    );
    const [spread] = rows;
    assert.ok(spread.slots === 1 && Number(spread.most) < 3600 && Number(spread.most) > Number(spread.least));
    assertProblem(
      await api.call('PATCH', path, { body: { entries }, headers: { 'if-match': '"1"' } }),
      412,
      'stale-revision',
    );
    assertProblem(await api.call('DELETE', path), 409, 'in-use');
    for (const id of ids) await detach(id);
    assert.equal((await api.call('DELETE', path, { headers: { 'if-match': '"2"' } })).status, 204);
    assertProblem(await api.call('GET', path), 404, 'not-found');
  });

  test('a change that one application cannot follow is made nowhere', async () => {
    const gold = await plan('all-or-none');
    const ids = [await instance(), await instance()];
    for (const id of ids) await apply(id, { protectionPlanId: gold.id });
    await api.make('/v1/schedules', { applicationInstanceId: ids[1], name: 'plan-extra', schedule: '@daily' });
    const before = await Promise.all(ids.map(schedulesOf));
    const entries = [
      { ...daily, ttl: '48h' },
      { ...weekly, name: 'extra' },
    ];
    const refused = await api.call('PATCH', `/v1/protection-plans/${gold.id}`, { body: { entries } });
    assertProblem(refused, 409, 'already-exists');
    assert.match(refused.body.detail, /plan-extra that no protection plan made/);
    assert.deepEqual(await Promise.all(ids.map(schedulesOf)), before);
    assert.equal((await api.call('GET', `/v1/protection-plans/${gold.id}`)).body.revision, 1);
  });

  test('plans, applications and removals at the same time end in step, and none of them fails', async () => {
    const [gold, silver] = [await plan('race-gold'), await plan('race-silver', [{ ...daily, ttl: '96h' }])];
    const ids = await Promise.all(Array.from({ length: 6 }, instance));
    const ttls = ['48h', '72h', '120h', '144h'];
    const answers = await Promise.all([
      ...ids.flatMap((id) => [apply(id, { protectionPlanId: gold.id }), apply(id, { protectionPlanId: silver.id })]),
      ...ttls.map((ttl) =>
        api.call('PATCH', `/v1/protection-plans/${gold.id}`, { body: { entries: [{ ...daily, ttl }] } }),
      ),
    ]);
    for (const answer of answers) assert.equal(answer.status, 200, answer.text);
    const { entries } = (await api.call('GET', `/v1/protection-plans/${gold.id}`)).body;
    for (const id of ids) {
      const { protectionPlanId } = (await api.call('GET', `/v1/application-instances/${id}`)).body;
      const [only, ...others] = await schedulesOf(id);
      assert.deepEqual(
        [only?.protectionPlanId, only?.ttl, others],
        [protectionPlanId, protectionPlanId === gold.id ? entries[0].ttl : '96h', []],
      );
    }
  });
});
