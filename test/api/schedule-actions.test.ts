/** What is done with a schedule by hand, through the API: each action's effect, its place in the ledger, and its refusals. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { applyFailurePolicies } from '../../src/core/scheduling/failure-policy.ts';
import { fire } from '../../src/core/scheduling/fire.ts';
import { assertProblem } from './harness.ts';
import { startScheduleScene } from './scene.ts';

/** The minute of the hour that is half an hour from now: what a test makes late is late at every time of the day. */
const startedAt = Date.now();
const minute = (new Date(startedAt).getUTCMinutes() + 30) % 60;
const lastSlot = Math.floor((startedAt - minute * 60_000) / 3_600_000) * 3_600_000 + minute * 60_000;

const log = { info() {}, warn() {}, error() {}, debug() {} };

const { api, scene, ...made } = await startScheduleScene();
const schedule = (more: object = {}) => made.schedule({ schedule: `${minute} * * * *`, ...more });

describe('a schedule by hand', () => {
  const act = (id: string, verb: string, body?: object) =>
    api.call('POST', `/v1/schedules/${id}/${verb}`, body === undefined ? {} : { body });
  const fires = async (id: string, query = '') =>
    (await api.call('GET', `/v1/schedules/${id}/fires${query}`)).body.items;
  /** The newest slot, or one so many hours before it. */
  const hoursAgo = (hours: number) => new Date(lastSlot - hours * 3_600_000).toISOString();
  /** As if the schedule were older: its first slot that is not accounted for lies in the past. */
  const age = (id: string, slot: string) =>
    api.opened.pool.query(
      'update schedule set next_slot_at = $2, next_fire_at = case when suspend then null else $2::timestamptz end where id = $1',
      [id, slot],
    );
  const tick = () => fire({ ...api.opened, doorbell: api.ports.doorbell, log });

  test('suspended with a reason nothing fires; resumed nothing fires by surprise, and the slots are in the ledger', async () => {
    const { id } = await schedule();
    const suspended = await act(id, 'suspend', { reason: 'the application moves' });
    assert.deepEqual(
      [suspended.body.suspend, suspended.body.suspendReason, suspended.body.nextFireAt],
      [true, 'the application moves', undefined],
    );
    await age(id, hoursAgo(5));
    await tick();
    assert.deepEqual(await fires(id), []);
    const resumed = await act(id, 'resume', {});
    assert.deepEqual([resumed.body.suspend, resumed.body.suspendReason], [false, undefined]);
    assert.ok(Date.parse(resumed.body.nextFireAt) > Date.now());
    assert.deepEqual(
      (await fires(id)).map((row: Record<string, unknown>) => [row.outcome, row.reason, row.slotCount]),
      [['Skipped', 'Suspended', 6]],
    );
  });

  test('resumed with catchUp the newest slot is fired, and the ledger names the suspension as the cause', async () => {
    const { id } = await schedule();
    await act(id, 'suspend', {});
    await age(id, hoursAgo(3));
    await act(id, 'resume', { catchUp: 'Latest' });
    await tick();
    assert.deepEqual(
      (await fires(id)).map((row: Record<string, unknown>) => [row.outcome, row.reason, row.slotCount]),
      [
        ['Late', 'Suspended', 1],
        ['Skipped', 'Suspended', 3],
      ],
    );
  });

  test('resumeAt resumes by itself', async () => {
    const { id } = await schedule();
    const soon = new Date(Date.now() + 60_000).toISOString();
    assert.equal((await act(id, 'suspend', { resumeAt: soon })).body.nextFireAt, soon);
    await fire({ ...api.opened, doorbell: api.ports.doorbell, log, clock: { now: async () => soon } });
    assert.equal((await api.call('GET', `/v1/schedules/${id}`)).body.suspend, false);
    assertProblem(await act(id, 'suspend', { resumeAt: '2020-01-01T00:00:00Z' }), 422, 'rule-violated');
  });

  test('a schedule without a slot left that is suspended until a moment keeps no other from firing', async () => {
    const past = await schedule({ schedule: undefined, at: new Date(Date.now() + 60_000).toISOString() });
    const at = (minutes: number) => ({ now: async () => new Date(Date.now() + minutes * 60_000).toISOString() });
    await fire({ ...api.opened, doorbell: api.ports.doorbell, log, clock: at(2) });
    const resumeAt = new Date(Date.now() + 180_000).toISOString();
    assert.equal((await act(past.id, 'suspend', { resumeAt })).status, 200);
    await age((await schedule()).id, hoursAgo(1));
    assert.equal((await fire({ ...api.opened, doorbell: api.ports.doorbell, log, clock: at(4) })).operationCount, 1);
    const resumed = (await api.call('GET', `/v1/schedules/${past.id}`)).body;
    assert.deepEqual([resumed.suspend, resumed.resumeAt, resumed.nextFireAt], [false, undefined, undefined]);
  });

  test('a trigger fires at once, also while suspended, and the ledger says who asked', async () => {
    const { id } = await schedule({ suspend: true });
    const answer = await api.call('POST', `/v1/schedules/${id}/trigger`, { headers: { 'x-on-behalf-of': 'Ada' } });
    assert.equal(answer.status, 201, answer.text);
    assert.equal(answer.body.scheduleId, id);
    const [row] = await fires(id);
    assert.deepEqual([row.reason, row.operationId, row.triggeredBy], ['Triggered', answer.body.id, 'Ada']);
  });

  test('a backfill makes up for the slots of a range, and divides the row that stood for them', async () => {
    const { id } = await schedule({ missedFires: 'None' });
    await age(id, hoursAgo(10));
    await tick();
    const [from, to] = [hoursAgo(8), hoursAgo(6)];
    const answer = await act(id, 'backfill', { from, to });
    assert.deepEqual(
      answer.body.operations.map((operation: { scheduledFor: string }) => operation.scheduledFor),
      [from, hoursAgo(7), to],
    );
    const rows = (await fires(id, '?orderBy=scheduledFor')).map((row: Record<string, unknown>) => [
      row.scheduledFor,
      row.outcome,
      row.slotCount,
    ]);
    assert.deepEqual(rows.slice(0, 5), [
      [hoursAgo(10), 'Skipped', 2],
      [from, 'Late', 1],
      [hoursAgo(7), 'Late', 1],
      [to, 'Late', 1],
      [hoursAgo(5), 'Skipped', 6],
    ]);
    assert.deepEqual(
      (await act(id, 'backfill', { from, to })).body.operations,
      [],
      'a second time there is nothing to make up for',
    );
    assertProblem(
      await act(id, 'backfill', { from, to: new Date(Date.now() + 86_400_000).toISOString() }),
      422,
      'rule-violated',
    );
    assertProblem(await act(id, 'backfill', { from: to, to: from }), 422, 'rule-violated');
  });

  test('a preview tells slot, due time, ttl, expiry, and what is special', async () => {
    const { id } = await schedule({
      schedule: '30 2 * * *',
      timeZone: 'Europe/Berlin',
      ttl: '48h',
      spreadSeconds: 3600,
    });
    const { body } = await api.call('GET', `/v1/schedules/${id}/preview?count=100`);
    assert.equal(body.items.length, 100);
    for (const item of body.items) {
      assert.deepEqual([item.ttl, item.ttlSource], ['48h', 'schedule']);
      assert.equal(Date.parse(item.expiresAt) - Date.parse(item.dueAt), 48 * 3_600_000);
      assert.ok(Date.parse(item.dueAt) - Date.parse(item.scheduledFor) < 3_600_000);
    }
    await api.make('/v1/blackout-windows', {
      name: 'nights',
      scheduleId: id,
      timeZone: 'Europe/Berlin',
      from: '02:00',
      to: '05:00',
    });
    const { body: dark } = await api.call('GET', `/v1/schedules/${id}/preview?count=1`);
    assert.match(dark.items[0].notes.join(), /blackout window "nights"/);
    const unsaved = await api.call('POST', '/v1/schedules/preview?count=3', {
      body: { applicationInstanceId: scene.applicationInstanceId, name: 'x', schedule: '0 4 1 * *' },
    });
    assert.deepEqual([unsaved.status, unsaved.body.items.length, unsaved.body.items[0].ttl], [200, 3, '8760h']);
  });

  test('a failure policy suspends, or tells, once for so many failures in a row', async () => {
    const suspending = await schedule({ failurePolicy: { action: 'Suspend', after: 2 }, concurrencyPolicy: 'Allow' });
    const telling = await schedule({ failurePolicy: { action: 'Alert', after: 2 }, concurrencyPolicy: 'Allow' });
    const failOne = async (id: string) => {
      const { body } = await act(id, 'trigger');
      await api.opened.pool.query(
        `update operation set phase = 'Failed', owed = null, next_attempt_at = null where id = $1`,
        [body.id],
      );
    };
    const apply = () => applyFailurePolicies({ ...api.opened, log });
    for (const { id } of [suspending, telling]) await failOne(id);
    assert.equal(await apply(), 0);
    for (const { id } of [suspending, telling]) await failOne(id);
    assert.equal(await apply(), 2);
    assert.equal(await apply(), 0, 'told once');
    const { body } = await api.call('GET', `/v1/schedules/${suspending.id}`);
    assert.deepEqual([body.suspend, body.nextFireAt], [true, undefined]);
    assert.match(body.suspendReason, /2 Operations in a row have failed/);
    assert.equal((await api.call('GET', `/v1/schedules/${telling.id}`)).body.suspend, false);
  });

  test('while a cluster or the organization stands still, slots are skipped and nothing is made up for', async () => {
    const { id } = await schedule();
    assert.equal(
      (await api.call('POST', `/v1/clusters/${scene.clusterId}/suspend`, { body: { reason: 'storage' } })).body.suspend,
      true,
    );
    await age(id, hoursAgo(2));
    await tick();
    assert.equal((await api.call('POST', `/v1/clusters/${scene.clusterId}/resume`)).body.suspend, false);
    const [row] = await fires(id);
    assert.deepEqual([row.outcome, row.reason, row.slotCount], ['Skipped', 'ClusterSuspended', 3]);
    await tick();
    assert.equal((await fires(id)).length, 1);
    assert.deepEqual(await fires(id, '?outcome=Fired'), []);
    assert.equal((await fires(id, `?from=${hoursAgo(1)}`)).length, 1);
    assert.equal((await fires(id, `?to=${hoursAgo(3)}`)).length, 0);
  });

  test('what contradicts itself is refused, and what is legal but unwise is warned of', async () => {
    const base = { applicationInstanceId: scene.applicationInstanceId, name: 'odd', schedule: '0 * * * *' };
    for (const [more, pointer] of [
      [{ spreadSeconds: 7200 }, '/spreadSeconds'],
      [{ startsAt: '2099-01-02T00:00:00Z', endsAt: '2099-01-01T00:00:00Z' }, '/endsAt'],
      [{ endsAt: '2020-01-01T00:00:00Z' }, '/endsAt'],
      [{ at: '2099-01-01T00:00:00Z' }, '/schedule'],
      [{ schedule: undefined }, '/schedule'],
      [{ schedule: undefined, at: '2020-01-01T00:00:00Z' }, '/at'],
    ] as const) {
      const answer = await api.call('POST', '/v1/schedules', { body: { ...base, ...more } });
      assertProblem(answer, 422, 'rule-violated');
      assert.equal(answer.body.errors[0].pointer, pointer);
    }
    assertProblem(
      await api.call('POST', '/v1/blackout-windows', { body: { name: 'x', from: '10:00', to: '10:00' } }),
      422,
      'rule-violated',
    );
    const unwise = await schedule({ startingDeadlineSeconds: 7200, ttl: '1h', schedule: '0 2 * * *' });
    assert.deepEqual(unwise.warnings.length, 1);
    assert.match(unwise.warnings[0], /without any copy/);
  });

  test('the organization bounds how often anything may fire', async () => {
    const { organizationId } = await schedule();
    const path = `/v1/organizations/${organizationId}`;
    assert.equal(
      (await api.call('PATCH', path, { body: { minimumIntervalSeconds: 3600 } })).body.minimumIntervalSeconds,
      3600,
    );
    const body = { applicationInstanceId: scene.applicationInstanceId, name: 'too-often', schedule: '*/5 * * * *' };
    assertProblem(await api.call('POST', '/v1/schedules', { body }), 422, 'rule-violated');
    await api.call('PATCH', path, { body: { minimumIntervalSeconds: null } });
  });

  test('removing one says which copies stay and until when, and what goes on', async () => {
    const { id } = await schedule({ ttl: '48h' });
    const copy = await act(id, 'trigger');
    await act(id, 'trigger');
    const expiresAt = new Date(Date.now() + 48 * 3_600_000).toISOString();
    await api.opened.pool.query(
      `update operation set phase = 'Succeeded', finished_at = now(), expires_at = $2, owed = null, next_attempt_at = null where id = $1`,
      [copy.body.id, expiresAt],
    );
    const { body, status } = await api.call('DELETE', `/v1/schedules/${id}`);
    assert.deepEqual([status, body.copyCount, body.lastCopyExpiresAt, body.inFlightCount], [200, 1, expiresAt, 1]);
    assert.match(body.note, /Its copy stays until .* 1 of its Operations goes on/);
  });

  test('one whose slots to come are all skipped by blackout windows is warned about', async () => {
    const made = await schedule({ name: 'nights', schedule: '0 2 * * *' });
    const night = { timeZone: 'Etc/UTC', from: '01:00', to: '03:00', behavior: 'Skip' };
    await api.make('/v1/blackout-windows', { name: 'all-nights', scheduleId: made.id, ...night });
    const path = `/v1/schedules/${made.id}`;
    const same = await api.call('PATCH', path, { body: { schedule: '30 2 * * *' } });
    assert.match(same.body.warnings[0], /skipped by blackout windows \("all-nights"\): it never fires/);
    const later = await api.call('PATCH', path, { body: { schedule: '30 4 * * *' } });
    assert.deepEqual(later.body.warnings, []);
  });
});
