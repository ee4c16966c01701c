/** Rows that somebody broke by hand: the API shows them beside the others, says what is wrong, and repairs them. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fire } from '../../src/core/scheduling/fire.ts';
import { seedSchedules } from '../support/seed.ts';
import { assertProblem, pointersOf, startApi, type TestApi } from './harness.ts';
import { backup, type Scene, setScene } from './scene.ts';

const log = { info() {}, warn() {}, error() {}, debug() {} };
let api: TestApi;
let scene: Scene;
before(async () => {
  api = await startApi();
  scene = await setScene(api);
});
after(() => api.close());

const run = (sql: string, values: readonly unknown[] = []) => api.opened.pool.query(sql, [...values]);
const rows = async (sql: string, values: readonly unknown[] = []) => (await run(sql, values)).rows;
const get = async (path: string) => {
  const answer = await api.call('GET', path);
  assert.equal(answer.status, 200, answer.text);
  return answer.body;
};

let count = 0;
const schedule = async (more: object = {}) => {
  count += 1;
  const wish = {
    applicationInstanceId: scene.applicationInstanceId,
    name: `s-${count}`,
    schedule: '0 15 * * *',
    ...more,
  };
  return api.make('/v1/schedules', wish);
};

describe('a schedule whose zone is not known here', () => {
  const broken = async (slotHoursAgo = 50) => {
    const made = await schedule();
    await run(
      `update schedule set time_zone = 'Europe/Atlantis', next_slot_at = date_trunc('hour', now()) - $2 * interval '1 hour',
              next_fire_at = date_trunc('hour', now()) - $2 * interval '1 hour' where id = $1`,
      [made.id, slotHoursAgo],
    );
    return `/v1/schedules/${made.id}`;
  };
  const fireAll = () => fire({ ...api.opened, doorbell: { ring() {} }, log });

  test('is listed beside the others and shown as it is stored', async () => {
    const path = await broken();
    const { items } = await get('/v1/schedules');
    assert.ok(items.some((each: { id: string }) => path.endsWith(each.id)));
    const shown = await get(path);
    assert.deepEqual([shown.timeZone, shown.nextFireAt], ['Europe/Atlantis', undefined]);
    const [condition] = shown.conditions;
    assert.deepEqual([condition.type, condition.status, condition.reason], ['Ready', 'False', 'Undecidable']);
    assert.match(condition.message, /"Europe\/Atlantis" is not known here. Set timeZone/);
    await fireAll();
    assert.match((await get(path)).conditions[0].message, /tried again at \d{4}-/);
    await get('/v1/protection');
    await run(
      `update schedule set next_slot_at = now() + interval '3 hours', next_fire_at = now() + interval '3 hours' where id = $1`,
      [path.split('/').at(-1)],
    );
    await get('/v1/watchdog');
  });

  test('is repaired by a change, and its slots are then accounted for by missedFires', async () => {
    const path = await broken();
    await fireAll();
    const patched = await api.call('PATCH', path, { body: { timeZone: 'Etc/UTC' } });
    assert.equal(patched.status, 200, patched.text);
    assert.deepEqual(await rows('select * from held_row where resource_id = $1', [patched.body.id]), []);
    await fireAll();
    const { items } = await get(`${path}/fires?orderBy=scheduledFor`);
    assert.deepEqual(
      items.map(({ outcome }: { outcome: string }) => outcome),
      ['Coalesced', 'Late'],
    );
    const after = await get(path);
    assert.equal(after.conditions, undefined);
    assert.ok(Date.parse(after.nextFireAt) > Date.now());
  });

  test('takes changes of other fields, suspends, and is refused what needs its slots, by its field', async () => {
    const path = await broken();
    assert.equal((await api.call('PATCH', path, { body: { displayName: 'still here' } })).status, 200);
    const refused = await api.call('PATCH', path, { body: { schedule: '0 3 * * *' } });
    assertProblem(refused, 422, 'rule-violated');
    assert.deepEqual(pointersOf(refused), ['/timeZone']);
    assertProblem(await api.call('GET', `${path}/preview`), 422, 'rule-violated');
    assert.equal((await api.call('POST', `${path}/suspend`, { body: {} })).status, 200);
    assert.equal((await api.call('POST', `${path}/resume`, { body: {} })).status, 200);
    assert.equal((await api.call('POST', `${path}/trigger`)).status, 201);
  });

  test('is removed, and the ledger says that its slot was skipped', async () => {
    const path = await broken();
    await fireAll();
    assert.equal((await api.call('DELETE', path)).status, 200);
    const { items } = await get(`${path}/fires`);
    assert.deepEqual(
      items.map(({ outcome, reason }: Record<string, string>) => [outcome, reason]),
      [['Skipped', 'ScheduleChanged']],
    );
  });

  test('that follows a protection plan is repaired by the plan', async () => {
    const applied = `/v1/application-instances/${scene.applicationInstanceId}/apply-protection-plan`;
    const plan = await api.make('/v1/protection-plans', {
      name: 'nightly',
      entries: [{ name: 'night', schedule: '0 2 * * *', ttl: '720h' }],
    });
    const apply = () => api.call('POST', applied, { body: { protectionPlanId: plan.id } });
    assert.equal((await apply()).status, 200);
    await run(`update schedule set time_zone = 'Europe/Atlantis' where protection_plan_entry = 'night'`);
    const again = await apply();
    assert.equal(again.status, 200, again.text);
    assert.deepEqual(
      again.body.schedules.map(({ timeZone }: { timeZone: string }) => timeZone),
      ['Etc/UTC'],
    );
    const changed = await api.call('PATCH', `/v1/protection-plans/${plan.id}`, { body: { timeZone: 'Europe/Berlin' } });
    assert.equal(changed.status, 200, changed.text);
  });
});

describe('whatever is broken in a row, lists go on', () => {
  const cases: readonly [path: string, sql: string][] = [
    [
      '/v1/schedules',
      `update schedule set schedule = '99 99 * * *', cadence = 'fortnightly', template = '[1]' where name = 's-1'`,
    ],
    [
      '/v1/schedules',
      `update schedule set missed_fires = 'Some', failure_policy = '"x"', spread_seconds = -1 where name = 's-1'`,
    ],
    [
      '/v1/schedules',
      `update schedule set next_slot_at = 'infinity', accounted_until = '-infinity' where name = 's-1'`,
    ],
    ['/v1/operations', `update operation set conditions = '{}', outputs = '[]', warnings = '"x"', type = 'Dance'`],
    ['/v1/clusters', `update cluster set conditions = '{"a": 1}', in_flight_limit = -1, discovery = '[]'`],
    ['/v1/application-classes', `update application_class set retention = '[1]', default_parameters = '{"ttl": 7}'`],
    ['/v1/blackout-windows', `update blackout_window set time_zone = 'Europe/Atlantis', days = '{X}', "from" = 'noon'`],
    [
      '/v1/protection-plans',
      `update protection_plan set time_zone = 'Europe/Atlantis', entries = '{}' where name = 'nightly'`,
    ],
  ];
  for (const [path, sql] of cases) {
    test(`${path} after ${sql}`, async () => {
      if (path === '/v1/operations') await api.make(path, backup(scene));
      if (path === '/v1/blackout-windows')
        await api.make(path, { name: `w-${Math.random()}`.replace('.', ''), from: '00:00', to: '06:00' });
      await run(sql);
      const { items } = await get(path);
      assert.ok(items.length > 0);
      for (const { id } of items) if (id !== undefined && path !== '/v1/blackout-windows') await get(`${path}/${id}`);
    });
  }

  test('and a schedule is made beside a broken blackout window', async () => {
    await schedule();
  });
});

test('every write that does not fit is refused in words', async () => {
  await api.make('/v1/organizations', { name: 'taken' });
  const mine = await api.make('/v1/organizations', { name: 'mine' });
  const renamed = await api.call('PATCH', `/v1/organizations/${mine.id}`, { body: { name: 'taken' } });
  assertProblem(renamed, 409, 'already-exists');
  assert.deepEqual(pointersOf(renamed), ['/name']);
  const [a, b] = [
    await api.make('/v1/application-classes', { name: 'a' }),
    await api.make('/v1/protection-plans', {
      name: 'b',
      entries: [{ name: 'night', schedule: '0 2 * * *', ttl: '720h' }],
    }),
  ];
  await api.make('/v1/protection-plans', {
    name: 'c',
    entries: [{ name: 'night', schedule: '0 2 * * *', ttl: '720h' }],
    applicationClassId: a.id,
  });
  assertProblem(
    await api.call('PATCH', `/v1/protection-plans/${b.id}`, { body: { name: 'c' } }),
    409,
    'already-exists',
  );
  const removed = await api.call('DELETE', `/v1/application-classes/${a.id}`);
  assertProblem(removed, 409, 'in-use');
  assert.match(removed.body.detail, /protection plan/);
});

test('a cluster whose stored access does not open says so, can be checked, and keeps no other from anything', async () => {
  await seedSchedules(api.opened.pool, { scheduleCount: 1, clusterCount: 1 });
  await run(`update cluster_credential set sealed = 'broken' where cluster_id = $1`, [scene.clusterId]);
  const check = await api.call('POST', `/v1/clusters/${scene.clusterId}/check`);
  assert.equal(check.status, 200, check.text);
  const statusOf = ({ conditions }: { conditions: Record<string, string>[] }, wanted: string) =>
    conditions.filter(({ type }) => type === wanted).map(({ status, reason }) => [status, reason]);
  assert.deepEqual(statusOf(check.body, 'Authenticated'), [['False', 'AccessUnreadable']]);
  assert.deepEqual(statusOf(check.body, 'Reachable'), [['Unknown', 'AccessUnreadable']]);
  const shown = await get(`/v1/clusters/${scene.clusterId}`);
  assert.deepEqual(statusOf(shown, 'Authenticated'), [['False', 'AccessUnreadable']]);
  const { items } = await get(`/v1/clusters/${scene.clusterId}/events`);
  assert.ok(items.some(({ reason }: { reason: string }) => reason === 'AccessUnreadable'));
});
