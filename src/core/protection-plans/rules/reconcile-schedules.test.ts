/** The schedules of an application follow its plan: what is made, moved, left alone and removed, with the slots of each. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dueSchedule } from '../../../../test/support/core/due-schedule-example.ts';
import { Refusal } from '../../kernel/rules/problem.ts';
import type { Schedule } from '../../scheduling/rules/schedule.ts';
import { spreadOffsetSeconds } from '../../time/rules/slots.ts';
import { entriesOf } from './protection-plan.ts';
import { reconcileSchedules } from './reconcile-schedules.ts';

const now = '2026-05-28T04:10:00.000Z';
const hour = (number: number) => `2026-05-28T0${number}:00:00.000Z`;
const { organizationId, clusterId, applicationInstanceId, namespace } = dueSchedule;
const instance = { id: applicationInstanceId, organizationId, clusterId, namespace, name: 'nextcloud-myteam' };
const plan = (schedule: string, more: object = {}) => ({
  id: 'p-1',
  timeZone: 'Etc/UTC',
  entries: entriesOf([{ name: 'often', schedule, ttl: '48h', ...more }]),
});
let counter = 0;
const tools = { newId: () => `01a1fc2c-56dc-776a-9702-${String(counter++).padStart(12, '0')}` };
const reconcile = (wanted: ReturnType<typeof plan> | undefined, known: readonly Schedule[], at = now) =>
  reconcileSchedules(instance, wanted, known, at, tools);

function made(more: Partial<Schedule> = {}): Schedule {
  const [schedule] = reconcile(plan('0 * * * *'), [], '2026-05-28T01:10:00.000Z').made;
  assert.ok(schedule !== undefined);
  return { ...schedule, ...more };
}
const told = ({ fires }: ReturnType<typeof reconcile>) =>
  fires.map((row) => [row.outcome, row.reason, row.scheduledFor, row.lastScheduledFor, row.slotCount]);

test('a schedule is made for an entry that has none, and one that follows it already is kept as it is', () => {
  const known = made();
  assert.deepEqual([known.name, known.nextSlotAt, known.suspend], ['plan-often', hour(2), false]);
  const again = reconcile(plan('0 * * * *'), [known]);
  assert.deepEqual([again.kept, again.made, again.changed, again.removed, again.fires], [[known], [], [], [], []]);
});

test('a schedule that is moved accounts for its slots by the old recurrence, and its newest is still fired', () => {
  const moved = reconcile(plan('30 6 * * *'), [made()]);
  const [schedule] = moved.changed;
  assert.deepEqual(told(moved), [['Skipped', 'ScheduleChanged', hour(2), hour(3), 2]]);
  assert.deepEqual([schedule?.schedule, schedule?.nextSlotAt, schedule?.nextFireAt], ['30 6 * * *', hour(4), now]);
});

test('a suspended schedule that is moved fires nothing: all its slots are skipped as suspended, and it stays silent', () => {
  const suspended = made({ suspend: true, nextFireAt: undefined });
  const moved = reconcile(plan('30 6 * * *'), [suspended]);
  const [schedule] = moved.changed;
  assert.deepEqual(told(moved), [['Skipped', 'Suspended', hour(2), hour(4), 3]]);
  assert.deepEqual(
    [schedule?.suspend, schedule?.nextSlotAt, schedule?.nextFireAt],
    [true, '2026-05-28T06:30:00.000Z', undefined],
  );
  const resumesAt = { suspend: true, resumeAt: hour(9), nextFireAt: hour(9) };
  assert.equal(reconcile(plan('30 6 * * *'), [made(resumesAt)]).changed[0]?.nextFireAt, hour(9));
});

test('a change of what no slot depends on moves no slot', () => {
  const known = made();
  const changed = reconcile(plan('0 * * * *', { ttl: '96h' }), [known]);
  assert.deepEqual(told(changed), []);
  assert.deepEqual(
    [changed.changed[0]?.ttl, changed.changed[0]?.nextSlotAt, changed.changed[0]?.nextFireAt],
    ['96h', known.nextSlotAt, known.nextFireAt],
  );
});

test('a schedule without an entry is removed with its slots in the ledger, and one made by hand is left alone', () => {
  const byHand = made({ protectionPlanId: undefined, protectionPlanEntry: undefined, name: 'mine' });
  const removed = reconcile(undefined, [made(), byHand]);
  assert.deepEqual(
    removed.removed.map(({ name }) => name),
    ['plan-often'],
  );
  assert.deepEqual(told(removed), [['Skipped', 'ScheduleChanged', hour(2), hour(4), 3]]);
  const suspended = reconcile(undefined, [made({ suspend: true })]);
  assert.deepEqual(told(suspended), [['Skipped', 'Suspended', hour(2), hour(4), 3]]);
});

test('a schedule by hand with the name that an entry needs is a refusal', () => {
  const byHand = made({ protectionPlanId: undefined, protectionPlanEntry: undefined });
  assert.throws(() => reconcile(plan('0 * * * *'), [byHand]), /has a schedule plan-often that no protection plan made/);
});

test("the application's own time zone goes over the plan's", () => {
  const own = { ...instance, protectionPlanTimeZone: 'Asia/Tokyo' };
  assert.equal(reconcileSchedules(own, plan('0 2 * * *'), [], now, tools).made[0]?.timeZone, 'Asia/Tokyo');
  assert.equal(reconcile(plan('0 2 * * *'), []).made[0]?.timeZone, 'Etc/UTC');
});

test('a schedule that is made is of its application and its plan, and is due at its place in the spread', () => {
  const [schedule] = reconcileSchedules(instance, plan('0 * * * *', { spreadSeconds: 600 }), [], now, {
    newId: () => dueSchedule.id,
  }).made;
  const place = spreadOffsetSeconds(dueSchedule.id, 600) * 1000;
  assert.deepEqual(schedule, {
    ...{ id: dueSchedule.id, organizationId, applicationInstanceId, clusterId, name: 'plan-often' },
    ...{ schedule: '0 * * * *', timeZone: 'Etc/UTC', cadence: 'hourly', ttl: '48h', spreadSeconds: 600 },
    ...{ protectionPlanId: 'p-1', protectionPlanEntry: 'often', concurrencyPolicy: 'Forbid', missedFires: 'Latest' },
    ...{ suspend: false, template: {}, nextSlotAt: hour(5), createdAt: now, updatedAt: now, revision: 1 },
    nextFireAt: new Date(Date.parse(hour(5)) + place).toISOString(),
  });
});

test('each field that an entry decides is changed, and what a person set stays', () => {
  const byPerson = { concurrencyPolicy: 'Allow', missedFires: 'All', displayName: 'Often' } as const;
  const known = made({ ...byPerson, template: { parameters: { snapshotVolumes: true } } });
  for (const other of [
    ...[{ cadence: 'custom' as const }, { ttl: '24h' }, { protectionPlanId: 'p-0' }, { spreadSeconds: 60 }],
    ...[{ schedule: '30 * * * *' }, { timeZone: 'Asia/Tokyo' }],
  ]) {
    const { changed, kept, made: others, removed } = reconcile(plan('0 * * * *'), [{ ...known, ...other }], hour(1));
    const next = { nextSlotAt: hour(2), nextFireAt: hour(2) };
    const { deferredReason: _, accountedUntil: __, ...schedule } = changed[0] ?? known;
    assert.deepEqual(schedule, { ...known, ...next, updatedAt: hour(1) }, JSON.stringify(other));
    assert.deepEqual([changed.length, kept, others, removed], [1, [], [], []]);
  }
});

test('a refusal for a schedule by hand names the application, and the schedule in the way', () => {
  const byHand = made({ protectionPlanId: undefined, protectionPlanEntry: undefined });
  assert.throws(
    () => reconcile(plan('0 * * * *'), [made({ name: 'other', protectionPlanEntry: 'x' }), byHand]),
    (error) => {
      assert.ok(error instanceof Refusal);
      assert.deepEqual([error.code, error.existingId], ['already-exists', byHand.id]);
      assert.match(error.message, new RegExp(`${namespace}/nextcloud-myteam \\(${applicationInstanceId}\\)`));
      return true;
    },
  );
});

test('the schedule of another plan follows the entry of its name, and leaves where there is none', () => {
  const other = made({ protectionPlanId: 'p-0' });
  const rest = made({ protectionPlanId: 'p-0', protectionPlanEntry: 'seldom', name: 'plan-seldom' });
  const { changed, removed, fires } = reconcile(plan('0 * * * *'), [rest, other]);
  assert.deepEqual([changed.map(({ id }) => id), removed.map(({ id }) => id)], [[other.id], [rest.id]]);
  assert.deepEqual(
    fires.map(({ scheduleId }) => scheduleId),
    [rest.id],
  );
});
