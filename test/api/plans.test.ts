import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { assertProblem, pointersOf } from './harness.ts';
import { daily, type Row, setPlanScene, weekly } from './plan-scene.ts';
import { setScene } from './scene.ts';

const gfs = '00000000-0000-7000-8000-000000000002';
const { api, scene, instance, plan, apply, detach, schedulesOf } = await setPlanScene();

describe('protection plans', () => {
  after(() => api.close());

  const told = (schedules: readonly Row[]) =>
    schedules.map((each) => `${each.name} ${each.schedule} ${each.timeZone} ${each.ttl} ${each.cadence}`).sort();

  test('the built-in plans are always there, first in the list, for every organization, and do not change', async () => {
    await plan('listed');
    for (const key of [api.adminKey, api.otherKey]) {
      const { items } = (await api.call('GET', '/v1/protection-plans?limit=200', { key })).body;
      assert.deepEqual(
        items.slice(0, 2).map(({ name, builtIn }: { name: string; builtIn: boolean }) => [name, builtIn]),
        [
          ['default', true],
          ['gfs-23', true],
        ],
      );
      assert.equal((await api.call('GET', `/v1/protection-plans/${gfs}`, { key })).body.name, 'gfs-23');
    }
    const path = `/v1/protection-plans/${gfs}`;
    assertProblem(await api.call('PATCH', path, { body: { displayName: 'x' } }), 422, 'rule-violated');
    assertProblem(await api.call('DELETE', path), 422, 'rule-violated');
    for (const name of ['default', 'gfs-23', 'listed'])
      assertProblem(
        await api.call('POST', '/v1/protection-plans', { body: { name, entries: [daily] } }),
        409,
        'already-exists',
      );
  });

  test('pages show built-in and own plans once each, in both directions', async () => {
    for (const name of ['paged-a', 'paged-b', 'paged-c']) await plan(name);
    const pages = async (order: string) => {
      const ids: string[] = [];
      for (let cursor = ''; ; ) {
        const { body } = await api.call('GET', `/v1/protection-plans?limit=2&orderBy=${order}${cursor}`);
        ids.push(...body.items.map(({ id }: Row) => id));
        if (body.nextCursor === undefined) return ids;
        cursor = `&cursor=${body.nextCursor}`;
      }
    };
    const ascending = await pages('createdAt');
    assert.equal(new Set(ascending).size, ascending.length);
    assert.deepEqual(ascending, (await pages('-createdAt')).toReversed());
    assert.equal(ascending[1], gfs);
    for (const [name, found] of [
      ['gfs-23', 1],
      ['paged-b', 1],
      ['nothing', 0],
    ] as const)
      assert.equal((await api.call('GET', `/v1/protection-plans?name=${name}`)).body.items.length, found);
  });

  test('one call gives an application all schedules of a plan, and again changes nothing', async () => {
    const id = await instance();
    const first = await apply(id, { protectionPlanName: 'gfs-23', timeZone: 'Europe/Berlin' });
    assert.equal(first.status, 200, first.text);
    assert.deepEqual(told(first.body.schedules), [
      'plan-daily 0 2 * * * Europe/Berlin 168h daily',
      'plan-monthly 0 4 1 * * Europe/Berlin 8760h monthly',
      'plan-weekly 0 3 * * 0 Europe/Berlin 672h weekly',
    ]);
    for (const each of first.body.schedules) {
      assert.equal(each.protectionPlanId, gfs);
      assert.equal(`plan-${each.protectionPlanEntry}`, each.name);
      assert.ok(Date.parse(each.nextFireAt) > Date.now());
    }
    const again = await apply(id, { protectionPlanId: gfs, timeZone: 'Europe/Berlin' });
    assert.deepEqual(again.body.schedules, first.body.schedules);
    const { body } = await api.call('GET', `/v1/application-instances/${id}`);
    assert.deepEqual([body.protectionPlanId, body.protectionPlanTimeZone, body.revision], [gfs, 'Europe/Berlin', 2]);
    assert.deepEqual((await api.call('GET', `/v1/application-instances?protectionPlanId=${gfs}`)).body.items, [body]);
    const key = { headers: { 'idempotency-key': 'apply' }, body: { protectionPlanId: gfs } };
    const path = `/v1/application-instances/${id}/apply-protection-plan`;
    const keyed = await api.call('POST', path, key);
    const replayed = await api.call('POST', path, key);
    assert.deepEqual([replayed.body, replayed.headers['idempotency-replayed']], [keyed.body, 'true']);
    assert.equal(keyed.body.timeZone, 'Etc/UTC');
  });

  test('another plan takes the place of the one before; what was made by hand is left alone', async () => {
    const id = await instance();
    const byHand = await api.make('/v1/schedules', {
      applicationInstanceId: id,
      name: 'daily',
      schedule: '30 5 * * *',
    });
    const before = (await apply(id, { protectionPlanName: 'gfs-23' })).body.schedules;
    const suspended = before.find(({ name }: Row) => name === 'plan-daily');
    await api.call('POST', `/v1/schedules/${suspended.id}/suspend`, { body: { reason: 'moving' } });
    const after = (await apply(id, { protectionPlanName: 'default' })).body.schedules;
    assert.deepEqual(told(after), [
      'plan-daily 0 2 * * * Etc/UTC 720h daily',
      'plan-hourly 0 * * * * Etc/UTC 24h hourly',
      'plan-weekly 0 3 * * 0 Etc/UTC 2016h weekly',
    ]);
    const kept = after.find(({ name }: Row) => name === 'plan-daily');
    assert.deepEqual(
      [kept.id, kept.suspend, kept.suspendReason, kept.nextFireAt],
      [suspended.id, true, 'moving', undefined],
    );
    assert.equal((await schedulesOf(id)).length, 4);
    const removed = await detach(id);
    assert.deepEqual([removed.status, removed.body.removedCount], [200, 3], removed.text);
    assert.match(removed.body.note, /keep the time to live/);
    assert.deepEqual(await schedulesOf(id), [(await api.call('GET', `/v1/schedules/${byHand.id}`)).body]);
    assert.equal((await detach(id)).body.removedCount, 0);
    assert.equal((await api.call('GET', `/v1/application-instances/${id}`)).body.protectionPlanId, undefined);
    assert.equal((await apply(id, { protectionPlanName: 'default' })).status, 200);
  });

  test('what a plan decides is not changed by hand; the rest is, and lasts', async () => {
    const id = await instance();
    const gold = await plan('by-hand');
    const { schedules } = (await apply(id, { protectionPlanId: gold.id })).body;
    const known = schedules.find(({ name }: Row) => name === 'plan-daily');
    const path = `/v1/schedules/${known.id}`;
    for (const change of [
      { schedule: '@hourly' },
      { ttl: '1h' },
      { ttl: null },
      { timeZone: 'Europe/Berlin' },
      { cadence: 'custom' },
      { spreadSeconds: 5 },
      { endsAt: '2030-01-01T00:00:00Z' },
    ]) {
      const answer = await api.call('PATCH', path, { body: change });
      assertProblem(answer, 422, 'rule-violated');
      assert.deepEqual(pointersOf(answer), [`/${Object.keys(change)[0]}`]);
      assert.match(answer.body.errors[0].detail, /Change the protection plan, or detach it/);
    }
    assertProblem(await api.call('DELETE', path), 409, 'in-use');
    const free = { ttl: '720h', concurrencyPolicy: 'Allow', displayName: 'Nights', suspend: true };
    assert.equal((await api.call('PATCH', path, { body: free })).status, 200);
    await api.call('PATCH', `/v1/protection-plans/${gold.id}`, { body: { entries: [{ ...daily, ttl: '1440h' }] } });
    const { body } = await api.call('GET', path);
    assert.deepEqual(
      [body.ttl, body.concurrencyPolicy, body.displayName, body.suspend, body.nextFireAt],
      ['1440h', 'Allow', 'Nights', true, undefined],
    );
    const resumed = await api.call('POST', `${path}/resume`, { body: {} });
    assert.ok(Date.parse(resumed.body.nextFireAt) > Date.now());
  });

  test('plans of another organization or class are none, and what is wrong with a plan is told where it is', async () => {
    const id = await instance();
    const other = await api.make('/v1/application-classes', { name: 'wordpress' });
    const gold = await plan('for-wordpress', [daily], { applicationClassId: other.id });
    const refused = await apply(id, { protectionPlanId: gold.id });
    assertProblem(refused, 422, 'rule-violated');
    assert.match(refused.body.detail, /for instances of the application class/);
    await api.call('PATCH', `/v1/application-instances/${id}`, { body: { applicationClassId: other.id } });
    assert.equal((await apply(id, { protectionPlanId: gold.id })).status, 200);
    const back = { applicationClassId: scene.applicationClassId };
    assertProblem(await api.call('PATCH', `/v1/application-instances/${id}`, { body: back }), 422, 'rule-violated');
    const foreign = await setScene(api, 'org-other', api.otherKey, '-other');
    for (const choice of [{ protectionPlanId: gold.id }, { protectionPlanName: 'for-wordpress' }])
      assertProblem(await apply(foreign.applicationInstanceId, choice, api.otherKey), 422, 'rule-violated');
    for (const choice of [{ protectionPlanId: gfs }, { protectionPlanId: gold.id }, {}])
      assertProblem(await apply(id, choice, api.otherKey), 404, 'not-found');
    for (const choice of [{}, { protectionPlanId: gfs, protectionPlanName: 'default' }])
      assert.deepEqual(pointersOf(await apply(id, choice)), ['/protectionPlanId']);
    const short = await api.call('POST', '/v1/protection-plans', {
      body: { name: 'short', entries: [weekly, { ...daily, ttl: '12h' }] },
    });
    assertProblem(short, 422, 'rule-violated');
    assert.deepEqual(pointersOf(short), ['/entries/1/ttl']);
    assert.match(short.body.errors[0].detail, /times without any copy/);
    const unwise = await plan('unwise', [{ ...daily, ttl: '24h' }]);
    assert.match(unwise.warnings.join(), /one failed run leaves no copy/);
    const forecast = await api.call('POST', '/v1/retention/forecast', { body: { protectionPlanId: unwise.id } });
    assert.equal(forecast.body.steadyState.copies, 1);
    const unknown = { protectionPlanName: 'gfs-23', deltaGBByEntry: { yearly: 1 } };
    assert.deepEqual(pointersOf(await api.call('POST', '/v1/retention/forecast', { body: unknown })), [
      '/deltaGBByEntry/yearly',
    ]);
  });
});
