/** What a preview tells of the fires to come: when, how long the copy is kept, and what is special about each. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dueSchedule } from '../../../../test/support/core/due-schedule-example.ts';
import { atOnce } from '../../kernel/rules/paced.ts';
import { spreadOffsetSeconds } from '../../time/rules/slots.ts';
import type { BlackoutWindow } from './blackout.ts';
import { blackoutWarnings, preview } from './preview.ts';

const now = '2026-05-28T10:00:00.000Z';
const kept = { ttl: '720h', ttlSource: 'schedule' } as const;
const window: BlackoutWindow = {
  ...{ id: 'w', organizationId: dueSchedule.organizationId, name: 'nights', timeZone: 'Etc/UTC', days: [] },
  ...{ from: '01:30', to: '03:30', behavior: 'Defer', createdAt: now, updatedAt: now, revision: 1 },
};
const previewed = (schedule: string, timeZone = 'Etc/UTC', from = now, count = 1, more: object = {}) =>
  atOnce(preview({ ...dueSchedule, schedule, timeZone, ...more }, kept, [], from, count));

test('so many slots as were asked for, each with its local time and the end of its copy; fewer when no more are left', () => {
  const fires = previewed('0 2 * * *', 'Europe/Berlin', now, 2);
  assert.deepEqual(fires, [
    {
      ...{ scheduledFor: '2026-05-29T00:00:00.000Z', dueAt: '2026-05-29T00:00:00.000Z' },
      ...{
        localTime: '2026-05-29T02:00+02:00',
        weekday: 'FRI',
        ...kept,
        expiresAt: '2026-06-28T00:00:00.000Z',
        notes: [],
      },
    },
    {
      ...{ scheduledFor: '2026-05-30T00:00:00.000Z', dueAt: '2026-05-30T00:00:00.000Z' },
      ...{
        localTime: '2026-05-30T02:00+02:00',
        weekday: 'SAT',
        ...kept,
        expiresAt: '2026-06-29T00:00:00.000Z',
        notes: [],
      },
    },
  ]);
  assert.equal(previewed('0 2 * * *', 'Etc/UTC', now, 9, { endsAt: '2026-05-31T00:00:00.000Z' }).length, 2);
  assert.deepEqual(previewed('0 2 * * *', 'Etc/UTC', now, 0), []);
});

test('with a spread a slot is due at its place, the copy ends after that, and the note says how late it is', () => {
  const spreadSeconds = 7200;
  const offset = spreadOffsetSeconds(dueSchedule.id, spreadSeconds);
  const [fire] = previewed('0 2 * * *', 'Etc/UTC', now, 1, { spreadSeconds });
  const due = Date.parse('2026-05-29T02:00:00.000Z') + offset * 1000;
  assert.deepEqual(
    [fire?.dueAt, fire?.notes],
    [new Date(due).toISOString(), [`Spread: due ${offset} s after the slot.`]],
  );
  assert.equal(fire?.expiresAt, new Date(due + 720 * 3_600_000).toISOString());
});

test('where the clocks go back, each pass of the hour says which it is', () => {
  const fires = previewed('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00.000Z', 1);
  assert.match(
    fires[0]?.notes.join() ?? '',
    /^The clocks go back: 2026-10-25T02:30 comes twice, this is its first pass\.$/,
  );
  const hourly = previewed('30 * * * *', 'Europe/Berlin', '2026-10-24T23:45:00.000Z', 3).map(({ notes }) =>
    notes.join(),
  );
  assert.match(hourly[0] ?? '', /first pass/);
  assert.match(hourly[1] ?? '', /^The clocks have gone back: .*second pass\.$/);
  assert.equal(hourly[2], '');
  const half = previewed('45 1 * * *', 'Australia/Lord_Howe', '2026-04-04T00:00:00.000Z', 1);
  assert.match(half[0]?.notes.join() ?? '', /first pass/);
});

test('where the clocks go forward, a slot at the jump stands for the times that do not exist', () => {
  const [fire] = previewed('30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00.000Z', 1);
  assert.match(
    fire?.notes.join() ?? '',
    /^The clocks go forward: 2026-03-29T02:30 does not exist, and its slot fires at 2026-03-29T03:00\+02:00\.$/,
  );
  assert.deepEqual(previewed('30 3 * * *', 'Europe/Berlin', '2026-03-28T12:00:00.000Z', 1)[0]?.notes, []);
});

test('a slot in a blackout window is told as deferred or skipped, by when it is due', () => {
  const note = (change: object) =>
    atOnce(preview({ ...dueSchedule, schedule: '0 2 * * *' }, kept, [{ ...window, ...change }], now, 1))[0]?.notes;
  assert.deepEqual(note({}), ['Deferred to 2026-05-29T03:30:00.000Z by the blackout window "nights".']);
  assert.deepEqual(note({ behavior: 'Skip' }), ['Skipped: in the blackout window "nights".']);
  assert.deepEqual(note({ from: '02:01' }), []);
});

test('it is warned of when windows skip all of the next slots, and not when one of them is free or only deferred', () => {
  const warned = (schedule: string, ...windows: object[]) =>
    blackoutWarnings(
      { ...dueSchedule, schedule },
      windows.map((change) => ({ ...window, behavior: 'Skip' as const, ...change })),
      now,
    );
  assert.match(warned('0 2 * * *', {}).join(), /skipped by blackout windows \("nights"\): it never fires/);
  assert.deepEqual(warned('0 2 * * *', { behavior: 'Defer' }), []);
  assert.deepEqual(warned('0 2,5 * * *', {}), []);
  assert.deepEqual(warned('0 2 * * *'), []);
  assert.match(
    warned('0 2,5 * * *', {}, { name: 'mornings', from: '04:00', to: '06:00' }).join(),
    /"nights", "mornings"/,
  );
});

test('what holds slots back is told as things stand: a suspension of each slot, what passes of the next one only', () => {
  const holds = [
    { effect: 'Skip', reason: 'ClusterSuspended', message: 'm' },
    { effect: 'Wait', reason: 'ClusterBusy', message: 'm' },
  ] as const;
  const fires = atOnce(preview({ ...dueSchedule, schedule: '0 2 * * *' }, kept, [], now, 2, holds));
  const skipped = 'Skipped as things stand (ClusterSuspended).';
  assert.deepEqual(
    fires.map(({ notes }) => notes),
    [[skipped, 'Waits if this has not passed by then (ClusterBusy).'], [skipped]],
  );
});

test('the slots of three years are looked at, and fifty at most', () => {
  // 1 January is a Friday in 2027, and in the years after it a Saturday, a Monday, a Tuesday and a Wednesday.
  const warned = (...days: BlackoutWindow['days']) =>
    blackoutWarnings({ ...dueSchedule, schedule: '0 2 1 1 *' }, [{ ...window, behavior: 'Skip', days }], now).length;
  assert.equal(warned('FRI', 'SAT', 'MON', 'TUE'), 1);
  assert.equal(warned('FRI', 'SAT', 'MON'), 0);
  assert.equal(warned('FRI'), 0);
  const place = { ...dueSchedule, schedule: '0 1 * * *', spreadSeconds: 3600 };
  const skips = { ...window, behavior: 'Skip' } as const;
  assert.equal(spreadOffsetSeconds(dueSchedule.id, 3600), 800);
  assert.deepEqual(blackoutWarnings(place, [{ ...skips, from: '01:14' }], now), [], 'it is due before the window');
  assert.equal(blackoutWarnings(place, [{ ...skips, from: '01:13' }], now).length, 1);
  assert.deepEqual(blackoutWarnings({ ...dueSchedule, endsAt: now }, [skips], now), [], 'no slot is left');
});
