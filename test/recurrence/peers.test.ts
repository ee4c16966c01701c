/**
 * Against the tests and manuals of robfig/cron, Kubernetes' CronJob, Velero, cron-parser, cron-utils, croner, cronie and
 * Quartz: every case agrees, or names the rule of ours by which it differs.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolveTtl } from '../../src/core/applications/rules/retention.ts';
import { expiry, GivenTtl, ttlHours } from '../../src/core/kernel/rules/duration.ts';
import { decideFires } from '../../src/core/scheduling/rules/firing/firing.ts';
import { NewSchedule } from '../../src/core/scheduling/rules/schedule.ts';
import { GivenCronExpression } from '../../src/core/time/rules/cron/cron-expression.ts';
import { memoizedNextSlot, nextSlot, previousSlot } from '../../src/core/time/rules/recurrence.ts';
import { countSlots, passedSlots, type Recurrence, slotAfter, slotBefore } from '../../src/core/time/rules/slots.ts';
import { GivenTimeZone } from '../../src/core/time/rules/time-zone.ts';
import { croner, slotsByCroner } from '../support/core/croner-oracle.ts';
import { dueSchedule } from '../support/core/due-schedule-example.ts';
import { type PeerCase, peerTables } from '../support/peers/tables.ts';

const given = (value: string | undefined): string => value ?? assert.fail('the case lacks a time');
const millisecondBefore = (at: string) => new Date(Date.parse(at) - 1).toISOString();
const recurrenceOf = ({ schedule, zone, startsAt, endsAt }: PeerCase): Recurrence => {
  const read = GivenCronExpression.safeParse(schedule);
  return {
    schedule: read.success ? read.data : assert.fail(`${schedule}: ${read.error.message}`),
    timeZone: zone,
    startsAt,
    endsAt,
  };
};

/** As many slots as the case expects, one after the other. */
function walk(first: string, next: (from: string) => string | undefined, count: number): readonly string[] {
  const found: string[] = [];
  for (let slot = next(first); slot !== undefined && found.length < count; slot = next(slot)) found.push(slot);
  return found;
}

const results: Readonly<Record<PeerCase['kind'], (of: PeerCase) => unknown>> = {
  none: (of) => of.expect,
  match: (of) => {
    const at = given(of.at);
    return nextSlot(given(recurrenceOf(of).schedule), of.zone, millisecondBefore(at)) === at;
  },
  next: (of) => {
    const recurrence = recurrenceOf(of);
    const expected = of.ours ?? of.expect;
    const found = walk(
      given(of.after),
      (from) => slotAfter(recurrence, from),
      Array.isArray(expected) ? expected.length + Number(of.ends) : 1,
    );
    return expected === null && found.length === 0 ? null : found;
  },
  prev: (of) => {
    const recurrence = recurrenceOf(of);
    return walk(given(of.before), (from) => slotBefore(recurrence, from), [of.expect].flat().length + Number(of.ends));
  },
  same: (of) => {
    const [one, other] = [of.schedule, of.like].map((schedule) => {
      const recurrence = recurrenceOf({ ...of, schedule });
      return walk(given(of.after), (from) => slotAfter(recurrence, from), of.count ?? 0);
    });
    assert.deepEqual(one, other);
    return of.expect;
  },
  accept: ({ schedule }) => GivenCronExpression.safeParse(schedule).success,
  zone: ({ zone }) => GivenTimeZone.safeParse(zone).success,
  inexpressible: ({ schedule, rule }) => {
    const read = GivenCronExpression.safeParse(schedule);
    if (rule === undefined) {
      assert.ok(!read.success, schedule);
      assert.match(read.error.issues[0]?.message ?? '', /write|give|five are read/, schedule);
      return undefined;
    }
    const from = '2026-01-10T00:00:00.000Z';
    assert.deepEqual(
      walk(from, (slot) => nextSlot(schedule, 'Etc/UTC', slot), 12),
      slotsByCroner(croner(schedule), from, 12),
    );
    return undefined;
  },
  sync: (of) => {
    const now = given(of.now);
    const { schedule = '', timeZone } = recurrenceOf(of);
    const nextSlotAt = nextSlot(schedule, timeZone, given(of.created ?? of.last ?? of.accounted));
    const due = {
      ...dueSchedule,
      schedule,
      timeZone,
      nextSlotAt,
      concurrencyPolicy: of.policy,
      suspend: of.suspend,
      startingDeadlineSeconds: of.deadline,
      ...(of.active && { inFlightId: dueSchedule.id }),
    };
    const newId = () => `01a1fc2c-56dc-776a-9702-${String(Math.floor(Math.random() * 1e12)).padStart(12, '0')}`;
    const rows = decideFires([due], { windows: [], room: new Map() }, now, { nextSlot: memoizedNextSlot(), newId });
    const next = rows.advances[0]?.nextSlotAt;
    const expected = Object(of.expect);
    return {
      create: rows.operations.length,
      remove: rows.cancelledIds.length,
      ...('next' in expected && { next }),
    };
  },
  due: (of) => {
    const next = slotAfter(recurrenceOf(of), given(of.last));
    return { due: given(next) <= given(of.now), next };
  },
  recent: (of) => {
    const recurrence = recurrenceOf(of);
    const now = given(of.now);
    const first = slotAfter(recurrence, given(of.earliest));
    const passed = first === undefined || first > now ? undefined : passedSlots(recurrence, first, now);
    if (of.count !== undefined) assert.equal(passed?.count ?? 0, of.count);
    return passed?.newest ?? null;
  },
  newSchedule: ({ body }) =>
    NewSchedule.safeParse({ applicationInstanceId: dueSchedule.id, name: 'a', schedule: '0 * * * *', ...body }).success,
  ttl: (of) => {
    const { ttl } = resolveTtl({ request: of.ttl ?? undefined, cadence: 'custom' });
    return { ttl, expires: expiry(given(of.start), { ttl }) };
  },
  ttlRefused: (of) => GivenTtl.safeParse(of.ttl).data,
  forecast: (of) =>
    of.schedules.map(({ ttl, ...each }) => {
      const at = given(of.at);
      const from = new Date(Date.parse(at) - ttlHours(ttl) * 3_600_000).toISOString();
      return countSlots({ ...each, timeZone: 'Etc/UTC' }, from, at);
    }),
};

for (const { name, peer, cases } of peerTables()) {
  test(`${peer}: ${cases.length} cases agree, or differ by a rule that they name`, () => {
    for (const each of cases) {
      const told = `${name} ${each.id}: ${each.schedule} ${each.zone}`;
      const result = results[each.kind](each);
      assert.deepEqual(result, each.ours ?? each.expect, told);
      if (each.ours !== undefined) assert.notEqual(each.rule, undefined, told);
    }
  });
}

test('backwards, the slots of the cases are found again', () => {
  for (const each of peerTables().flatMap(({ cases }) => cases)) {
    if (each.kind !== 'next' || each.after === undefined) continue;
    const { schedule = '' } = recurrenceOf(each);
    const next = nextSlot(schedule, each.zone, each.after);
    if (next === undefined) continue;
    assert.equal(previousSlot(schedule, each.zone, new Date(Date.parse(next) + 1).toISOString()), next);
  }
});
