/** Which window holds at a moment, and until when: both sides of midnight, days, zones, and the stronger of two. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BlackoutWindow, blackoutAt, checkWindow } from './blackout.ts';

const at = '2026-05-01T00:00:00.000Z';
const ids = { organizationId: 'o-1', clusterId: 'c-1', id: 's-1' };
const window: BlackoutWindow = {
  id: 'w-1',
  organizationId: 'o-1',
  name: 'nights',
  timeZone: 'Etc/UTC',
  days: [],
  from: '22:00',
  to: '06:00',
  behavior: 'Defer',
  createdAt: at,
  updatedAt: at,
  revision: 1,
};
const until = (moment: string, ...windows: Partial<BlackoutWindow>[]) =>
  blackoutAt(
    (windows.length === 0 ? [{}] : windows).map((change) => ({ ...window, ...change })),
    ids,
    moment,
  )?.until;

test('a window over midnight holds on both sides of it, from its first minute until its end, which is free', () => {
  const end = '2026-05-29T06:00:00.000Z';
  assert.equal(until('2026-05-28T21:59:59.999Z'), undefined);
  for (const moment of [
    '28T22:00:00.000Z',
    '28T23:59:59.999Z',
    '29T00:00:00.000Z',
    '29T02:00:30.500Z',
    '29T05:59:59.999Z',
  ])
    assert.equal(until(`2026-05-${moment}`), end, moment);
  assert.equal(until(end), undefined);
});

test('a window within a day holds from its first minute until its end, which lies ahead and on the same day', () => {
  const noon = { from: '11:30', to: '13:15' };
  assert.equal(until('2026-05-28T11:29:59.999Z', noon), undefined);
  assert.equal(until('2026-05-28T11:30:00.000Z', noon), '2026-05-28T13:15:00.000Z');
  assert.equal(until('2026-05-28T13:14:59.999Z', noon), '2026-05-28T13:15:00.000Z');
  assert.equal(until('2026-05-28T13:15:00.000Z', noon), undefined);
  assert.equal(until('2026-05-28T23:00:00.000Z', { from: '22:00', to: '00:00' }), '2026-05-29T00:00:00.000Z');
});

test('days are those on which a window begins: after midnight it is the day before that counts', () => {
  // 28 May 2026 is a Thursday.
  const [thursday, friday] = ['2026-05-28T23:00:00.000Z', '2026-05-29T01:00:00.000Z'];
  const [before, after] = ['2026-05-28T01:00:00.000Z', '2026-05-29T23:00:00.000Z'];
  const holds = (days: BlackoutWindow['days']) =>
    [before, thursday, friday, after].map((moment) => until(moment, { days }) !== undefined);
  assert.deepEqual(holds(['THU']), [false, true, true, false]);
  assert.deepEqual(holds(['WED']), [true, false, false, false]);
  assert.deepEqual(holds(['FRI']), [false, false, false, true]);
  assert.deepEqual(holds(['WED', 'FRI']), [true, false, false, true]);
  assert.deepEqual(holds([]), [true, true, true, true]);
  // From Saturday to Sunday the week begins anew.
  assert.equal(until('2026-05-31T01:00:00.000Z', { days: ['SAT'] }), '2026-05-31T06:00:00.000Z');
  assert.equal(until('2026-05-31T01:00:00.000Z', { days: ['SUN'] }), undefined);
  assert.equal(until('2026-05-28T12:00:00.000Z', { days: ['FRI'], from: '11:00', to: '13:00' }), undefined);
});

test('the times of a window are those of its zone', () => {
  const tokyo = { timeZone: 'Asia/Tokyo', days: ['FRI' as const] };
  assert.equal(until('2026-05-29T12:59:00.000Z', tokyo), undefined);
  assert.equal(until('2026-05-29T13:00:00.000Z', tokyo), '2026-05-29T21:00:00.000Z');
  assert.equal(until('2026-05-28T13:00:00.000Z', tokyo), undefined);
});

test('Skip goes over Defer, whichever is looked at first; of two alike the later end counts', () => {
  const skip = { behavior: 'Skip', to: '01:00', name: 'skips' } as const;
  const longer = { to: '09:00', name: 'longer' };
  const moment = '2026-05-28T23:00:00.000Z';
  const found = (...windows: Partial<BlackoutWindow>[]) =>
    blackoutAt(
      windows.map((change) => ({ ...window, ...change })),
      ids,
      moment,
    );
  for (const windows of [
    [{}, skip, longer],
    [longer, skip, {}],
    [skip, longer, {}],
  ])
    assert.deepEqual(found(...windows), { behavior: 'Skip', name: 'skips', until: '2026-05-29T01:00:00.000Z' });
  const skips = { ...longer, behavior: 'Skip' } as const;
  for (const windows of [
    [skip, skips],
    [skips, skip],
  ])
    assert.deepEqual(found(...windows), { behavior: 'Skip', name: 'longer', until: '2026-05-29T09:00:00.000Z' });
  for (const windows of [
    [{}, longer],
    [longer, {}],
  ])
    assert.deepEqual(found(...windows), { behavior: 'Defer', name: 'longer', until: '2026-05-29T09:00:00.000Z' });
});

test('a window holds for its organization, and in it for its cluster or schedule only', () => {
  const moment = '2026-05-28T23:00:00.000Z';
  const holds = (change: Partial<BlackoutWindow>) => until(moment, change) !== undefined;
  assert.ok(holds({ clusterId: 'c-1' }));
  assert.ok(holds({ scheduleId: 's-1' }));
  assert.ok(!holds({ organizationId: 'o-2' }));
  assert.ok(!holds({ clusterId: 'c-2' }));
  assert.ok(!holds({ scheduleId: 's-2' }));
  assert.equal(until(moment, { clusterId: 'c-2' }, {}), '2026-05-29T06:00:00.000Z');
});

test('a window of no length is refused, and one for a cluster and a schedule at once', () => {
  const refused = (change: object) => () => checkWindow({ ...window, ...change });
  assert.throws(refused({ to: '22:00' }), /must differ from `from`/);
  assert.throws(refused({ clusterId: 'c-1', scheduleId: 's-1' }), /not both/);
  for (const change of [{}, { clusterId: 'c-1' }, { scheduleId: 's-1' }]) assert.doesNotThrow(refused(change));
});
