/** What the API tells of a schedule: its history, how its backups end, and what holds its slots back. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { applyFailurePolicies } from '../../src/core/scheduling/failure-policy.ts';
import { fire } from '../../src/core/scheduling/fire.ts';
import { countFailingSchedules } from '../../src/core/scheduling/outcomes.ts';
import { assertProblem } from './harness.ts';
import { startScheduleScene } from './scene.ts';

const log = { info() {}, warn() {}, error() {}, debug() {} };
type Shown = Readonly<Record<string, string>>;

const { api, scene, schedule } = await startScheduleScene();

describe('a schedule tells', () => {
  const act = (id: string, verb: string, body: object = {}) =>
    api.call('POST', `/v1/schedules/${id}/${verb}`, { body });
  const shown = async (id: string) => (await api.call('GET', `/v1/schedules/${id}`)).body;
  const events = async (id: string, query = '?orderBy=at'): Promise<readonly Shown[]> =>
    (await api.call('GET', `/v1/schedules/${id}/events${query}`)).body.items;
  const reasons = async (id: string) => (await events(id)).map(({ reason }) => reason);
  /** A fire by hand that has ended in this way. */
  const ended = async (id: string, phase: string, set = '') => {
    const { body } = await api.call('POST', `/v1/schedules/${id}/trigger`);
    await api.opened.pool.query(
      `update operation set phase = $2, owed = null, next_attempt_at = null, started_at = created_at, finished_at = now(), expires_at = now() + interval '720 hours' ${set} where id = $1`,
      [body.id, phase],
    );
    return body.id;
  };

  test('its own history, without that of its Operations, and keeps it when it is removed', async () => {
    const { id } = await schedule();
    await ended(id, 'Succeeded');
    await api.call('PATCH', `/v1/schedules/${id}`, { body: { ttl: '48h', timeZone: 'Europe/Berlin' } });
    await api.call('PATCH', `/v1/schedules/${id}`, { body: { ttl: '48h' } });
    await act(id, 'suspend', { reason: 'the application moves' });
    await api.call('PATCH', `/v1/schedules/${id}`, { body: { suspend: false } });
    await api.call('DELETE', `/v1/schedules/${id}`);
    assert.deepEqual(await reasons(id), [
      'ScheduleCreated',
      'ScheduleChanged',
      'Suspended',
      'Resumed',
      'ScheduleRemoved',
    ]);
    const [, changed] = await events(id);
    assert.match(changed?.message ?? '', /timeZone Etc\/UTC → Europe\/Berlin, ttl none → 48h/);
    assert.ok((await events(id)).every((event) => event.applicationInstanceId === scene.applicationInstanceId));
    const first = (await api.call('GET', `/v1/schedules/${id}/events?limit=2`)).body;
    const rest = (await api.call('GET', `/v1/schedules/${id}/events?cursor=${first.nextCursor}`)).body;
    assert.deepEqual([...first.items, ...rest.items], (await events(id)).toReversed());
    assertProblem(await api.call('GET', `/v1/schedules/${id}/events`, { key: api.otherKey }), 404, 'not-found');
  });

  test('that it has resumed by itself', async () => {
    const { id } = await schedule();
    const resumeAt = new Date(Date.now() + 60_000).toISOString();
    await act(id, 'suspend', { resumeAt });
    await fire({ ...api.opened, doorbell: api.ports.doorbell, log, clock: { now: async () => resumeAt } });
    assert.deepEqual(await reasons(id), ['ScheduleCreated', 'Suspended', 'Resumed']);
  });

  test('the alert that its failurePolicy asks for', async () => {
    const { id } = await schedule({ failurePolicy: { action: 'Alert', after: 2 } });
    for (const _ of [1, 2]) await ended(id, 'Failed');
    await applyFailurePolicies({ ...api.opened, log });
    const [alert] = await events(id, '');
    assert.deepEqual([alert?.reason, alert?.type], ['FailuresInARow', 'Warning']);
  });

  test('that a protection plan made, changed and removed it', async () => {
    const entry = { name: 'nightly', schedule: '0 2 * * *', ttl: '720h' };
    const plan = await api.make('/v1/protection-plans', { name: 'nights', entries: [entry] });
    const of = `/v1/application-instances/${scene.applicationInstanceId}`;
    const applied = await api.call('POST', `${of}/apply-protection-plan`, { body: { protectionPlanId: plan.id } });
    const [{ id }] = applied.body.schedules;
    await api.call('PATCH', `/v1/protection-plans/${plan.id}`, { body: { entries: [{ ...entry, ttl: '48h' }] } });
    await api.call('POST', `${of}/detach-protection-plan`);
    assert.deepEqual(await reasons(id), ['ScheduleCreated', 'ScheduleChanged', 'ScheduleRemoved']);
    assert.match((await events(id))[1]?.message ?? '', /with the protection plan nights: ttl 720h → 48h/);
  });

  test('its last outcome, its last good copy and its failures in a row, also beside one that does well', async () => {
    const [failing, well] = [await schedule(), await schedule()];
    assert.deepEqual([(await shown(failing.id)).failuresInARow, (await shown(failing.id)).lastOutcome], [0, undefined]);
    const good = await ended(failing.id, 'Succeeded');
    const condition = [
      { type: 'Delivered', status: 'True', reason: 'Applied', message: 'accepted' },
      { type: 'Failed', status: 'True', reason: 'EngineFailed', message: 'the bucket is gone' },
    ];
    await ended(failing.id, 'Failed');
    const last = await ended(
      failing.id,
      'Failed',
      `, conditions = '${JSON.stringify(condition.map((each) => ({ ...each, lastTransitionTime: '2026-05-28T02:00:00Z' })))}'`,
    );
    await ended(well.id, 'Succeeded');
    const body = await shown(failing.id);
    const { operationId, phase, reason, message } = body.lastOutcome;
    assert.deepEqual([operationId, phase, reason, message], [last, 'Failed', 'EngineFailed', 'the bucket is gone']);
    assert.deepEqual([body.lastGoodCopy.operationId, body.failuresInARow], [good, 2]);
    assert.equal((await shown(well.id)).failuresInARow, 0);
    const { items } = (await api.call('GET', '/v1/schedules?limit=200')).body;
    assert.deepEqual(
      items.find((each: Shown) => each.id === failing.id),
      body,
    );
    const measured: number[] = [];
    const measure = () => countFailingSchedules({ ...api.opened, failing: (count) => void measured.push(count) });
    await measure();
    await act(failing.id, 'suspend');
    await measure();
    assert.deepEqual(measured, [2, 1], 'it, and the one that has alerted');
  });

  test('that a copy without items is no copy', async () => {
    const { id } = await schedule();
    const good = await ended(id, 'Succeeded', `, outputs = '{"backupItemCount": "12"}'`);
    const empty = await ended(id, 'Succeeded', `, outputs = '{"backupItemCount": 0}'`);
    const { lastGoodCopy, failuresInARow } = await shown(id);
    assert.deepEqual([lastGoodCopy.operationId, failuresInARow], [good, 1]);
    const { items } = (await api.call('GET', `/v1/recovery-points?scheduleId=${id}`)).body;
    assert.deepEqual(
      items.map((point: Shown) => point.operationId),
      [good],
    );
    assertProblem(await api.call('GET', `/v1/recovery-points/${empty}`), 404, 'not-found');
    const protection = await api.call('GET', `/v1/application-instances/${scene.applicationInstanceId}/protection`);
    assert.deepEqual([protection.body.status, protection.body.reason], ['AtRisk', 'LastAttemptEmpty']);
  });

  test('its newest copy and the failures since, whatever came before, and how many schedules fail', async () => {
    const { id } = await schedule();
    const failing = () => countFailingSchedules({ ...api.opened, failing() {} });
    const others = await failing();
    await ended(id, 'Failed');
    await ended(id, 'Succeeded');
    await ended(id, 'Failed');
    const newest = await ended(id, 'Succeeded');
    assert.equal(await failing(), others);
    await ended(id, 'Failed');
    const { lastGoodCopy, failuresInARow } = await shown(id);
    assert.deepEqual([lastGoodCopy.operationId, failuresInARow], [newest, 1]);
    assert.equal(await failing(), others + 1);
    const contradiction = { phase: 'Succeeded', at: new Date().toISOString() };
    const stated = await ended(id, 'Failed', `, contradiction = '${JSON.stringify(contradiction)}'`);
    assert.equal((await shown(id)).lastGoodCopy.operationId, stated, 'the cluster has stated its copy later');
    assert.deepEqual([(await shown(id)).failuresInARow, await failing()], [0, others]);
    await ended(id, 'Failed');
    const cancelled = await ended(id, 'Cancelled');
    const { lastOutcome, failuresInARow: stays } = await shown(id);
    assert.deepEqual([lastOutcome.operationId, lastOutcome.phase, stays], [cancelled, 'Cancelled', 1]);
    assert.equal(await failing(), others + 1, 'a cancelled one says nothing of copies');
    await api.call('DELETE', `/v1/schedules/${id}`);
    assert.equal(await failing(), others, 'a removed schedule fails no more');
  });

  test('what holds its slots back: suspended surroundings, an Operation before, a cluster without room', async () => {
    const { clusterId, applicationInstanceId } = scene;
    const { id, organizationId } = await schedule();
    await act(id, 'trigger');
    const previewed = async (of = id) => (await api.call('GET', `/v1/schedules/${of}/preview?count=2`)).body;
    const waits = await previewed();
    assert.match(waits.warnings.join(), /has not ended: with Forbid, slots wait for its end/);
    assert.deepEqual(
      waits.items.map(({ notes }: { notes: string[] }) => notes),
      [['Waits if this has not passed by then (PreviousInFlight).'], []],
    );
    await api.call('PATCH', `/v1/clusters/${clusterId}`, { body: { inFlightLimit: 1 } });
    assert.match((await schedule()).warnings.join(), /takes 1 Operations at a time \(inFlightLimit\), and \d+ are in/);
    await api.call('PATCH', `/v1/clusters/${clusterId}`, { body: { inFlightLimit: null } });
    await api.call('POST', `/v1/clusters/${clusterId}/suspend`, { body: { reason: 'new storage' } });
    assert.match((await schedule()).warnings.join(), /cluster-prod-1 is suspended \(new storage\): every slot is skip/);
    for (const { notes } of (await previewed()).items)
      assert.match(notes.join(), /Skipped as things stand \(ClusterSuspended\)/);
    const body = { applicationInstanceId, name: 'x', schedule: '0 4 * * *' };
    const unsaved = (await api.call('POST', '/v1/schedules/preview', { body })).body;
    assert.match(unsaved.warnings.join(), /cluster-prod-1 is suspended/);
    await api.call('POST', `/v1/clusters/${clusterId}/resume`);
    await api.call('PATCH', `/v1/organizations/${organizationId}`, { body: { suspend: true } });
    assert.match((await schedule()).warnings.join(), /The organization is suspended/);
    await api.call('PATCH', `/v1/organizations/${organizationId}`, { body: { suspend: false } });
    assert.deepEqual((await schedule()).warnings, []);
  });

  test('an Operation that waits says for what', async () => {
    const { id } = await schedule();
    const { body } = await act(id, 'trigger');
    const waiting = async () => (await api.call('GET', `/v1/operations/${body.id}`)).body.waiting;
    assert.deepEqual((await waiting()).reason, 'AwaitingDelivery');
    const pause = new Date(Date.now() + 60_000).toISOString();
    await api.opened.pool.query('update cluster set throttled_until = $2 where id = $1', [scene.clusterId, pause]);
    assert.match((await waiting()).message, new RegExp(`pause until ${pause}`));
    await api.opened.pool.query('update cluster set throttled_until = null where id = $1', [scene.clusterId]);
    const items = (await api.call('GET', `/v1/operations?scheduleId=${id}`)).body.items;
    assert.deepEqual(
      items.map((each: { waiting: Shown }) => each.waiting.reason),
      ['AwaitingDelivery'],
    );
    await api.call('POST', `/v1/operations/${body.id}/cancel`);
    assert.equal(await waiting(), undefined);
  });
});
