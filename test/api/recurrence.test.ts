/** What the API says of recurrences: how it keeps them, what it warns of, and what passed meanwhile. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertProblem, pointersOf } from './harness.ts';
import { startScheduleScene } from './scene.ts';

const { api, scene, wish, schedule: make } = await startScheduleScene();

describe('recurrences in the API', () => {
  const refused = async (more: object) => {
    const answer = await api.call('POST', '/v1/schedules', { body: wish(more) });
    assertProblem(answer, 422, 'rule-violated');
    return answer.body.errors[0];
  };

  test('what is given in another form is kept in the usual one', async () => {
    const made = await make({ schedule: ' 0\t2  * * * ', timeZone: 'europe/berlin', ttl: '720h0m0s' });
    assert.deepEqual([made.schedule, made.timeZone, made.ttl], ['0 2 * * *', 'Europe/Berlin', '720h']);
    const changed = await api.call('PATCH', `/v1/schedules/${made.id}`, {
      body: { schedule: '@Weekly', timeZone: 'US/pacific', ttl: '2016h0m0s' },
    });
    assert.deepEqual(
      [changed.body.schedule, changed.body.timeZone, changed.body.ttl, changed.body.cadence],
      ['@weekly', 'US/Pacific', '2016h', 'weekly'],
    );
  });

  test('what cannot be read is refused with what to write, in every place that takes it', async () => {
    assert.match((await refused({ schedule: '@every 6h' })).detail, /write "0 \*\/6 \* \* \*"/);
    assert.match((await refused({ timeZone: 'BST' })).detail, /Europe\/London or Asia\/Dhaka/);
    assert.match((await refused({ schedule: '0 0 30 2 *' })).detail, /never fires .* L as the day of month/);
    const places = [
      [
        'POST',
        '/v1/retention/forecast',
        { schedules: [{ schedule: '000 2 * * *', ttl: '24h' }] },
        '/schedules/0/schedule',
      ],
      [
        'POST',
        '/v1/retention/forecast',
        { schedules: [{ schedule: '000 * * * *', ttl: '24h' }] },
        '/schedules/0/schedule',
      ],
      [
        'POST',
        '/v1/retention/forecast',
        { schedules: [{ schedule: '0 0 30 2 *', ttl: '24h' }] },
        '/schedules/0/schedule',
      ],
      ['POST', '/v1/schedules/preview', wish({ schedule: '0 0 2 * * *' }), '/schedule'],
      [
        'POST',
        '/v1/protection-plans',
        { name: 'p', entries: [{ name: 'a', schedule: '0 2 * * 1#2', ttl: '24h' }] },
        '/entries/0/schedule',
      ],
      [
        'POST',
        '/v1/protection-plans',
        { name: 'p', timeZone: 'IST', entries: [{ name: 'a', schedule: '0 2 * * *', ttl: '48h' }] },
        '/timeZone',
      ],
      ['POST', '/v1/blackout-windows', { name: 'w', timeZone: 'CST', from: '01:00', to: '02:00' }, '/timeZone'],
    ] as const;
    for (const [method, path, sent, pointer] of places) {
      const answer = await api.call(method, path, { body: sent });
      assertProblem(answer, 422, 'rule-violated');
      assert.deepEqual(pointersOf(answer), [pointer]);
    }
  });

  test('a row of a version that took more is read, fires on, and can be repaired', async () => {
    const { id } = await make({});
    await api.opened.pool.query(`update schedule set schedule = '000 2 * * *', time_zone = 'BST' where id = $1`, [id]);
    const read = await api.call('GET', `/v1/schedules/${id}`);
    assert.deepEqual([read.status, read.body.schedule, read.body.timeZone], [200, '000 2 * * *', 'BST']);
    assert.equal((await api.call('GET', '/v1/schedules')).status, 200);
    const preview = await api.call('GET', `/v1/schedules/${id}/preview?count=1`);
    assert.match(preview.body.items[0].localTime, /T02:00\+06:00$/);
    const repaired = await api.call('PATCH', `/v1/schedules/${id}`, {
      body: { schedule: '0 2 * * *', timeZone: 'Europe/London' },
    });
    assert.deepEqual([repaired.status, repaired.body.timeZone], [200, 'Europe/London']);
  });

  test('creating, previewing and changing warn alike, by the ttl that holds in the end', async () => {
    const unwise = { schedule: '0 1,2 * * *', ttl: '2h' };
    const created = await make(unwise);
    const changed = await api.call('PATCH', `/v1/schedules/${(await make({})).id}`, { body: unwise });
    const previewed = await api.call('POST', '/v1/schedules/preview', { body: wish(unwise) });
    const known = await api.call('GET', `/v1/schedules/${created.id}/preview`);
    for (const { warnings } of [created, changed.body, previewed.body, known.body])
      assert.match(warnings.join('\n'), /ttl \(2h\) is shorter than the longest time between slots \(23h\)/);
    // 720h, by default, for what fires once in three months.
    assert.match((await make({ schedule: '0 0 1 */3 *' })).warnings.join(), /\(720h\) is shorter than .* \(2208h\)/);
    const yearly = await make({ schedule: '@yearly' });
    assert.deepEqual(yearly.warnings, []);
    const { items } = (await api.call('GET', `/v1/schedules/${yearly.id}/preview?count=1`)).body;
    assert.equal(items[0].ttl, '26352h');
    assert.match((await make({ schedule: '* * * * *', ttl: '720h' })).warnings.join(), /keeps 43,200 copies/);
    assert.match(
      (await make({ schedule: '30 2 * * *', timeZone: 'Europe/Berlin' })).warnings.join(),
      /clocks of Europe\/Berlin go forward/,
    );
  });

  test('a cadence can be changed when no slot is left, and warns when its ttl is too short', async () => {
    const { id } = await make({ schedule: '0 2 * * *' });
    const hourly = await api.call('PATCH', `/v1/schedules/${id}`, { body: { cadence: 'hourly' } });
    assert.match(hourly.body.warnings.join(), /ttl \(24h\) is shorter than twice/);
    await api.opened.pool.query(`update schedule set ends_at = now() - interval '1 day' where id = $1`, [id]);
    const ended = await api.call('PATCH', `/v1/schedules/${id}`, { body: { cadence: 'daily' } });
    assert.deepEqual([ended.status, ended.body.warnings], [200, []]);
  });

  test('the preview shows the day of the week and the offset, and a note only where a slot is moved', async () => {
    const quiet = await api.call('POST', '/v1/schedules/preview?count=100', {
      body: wish({ schedule: '0 3 * * 2-6', timeZone: 'Europe/Berlin', startsAt: '2027-03-20T00:00:00Z' }),
    });
    const { items } = quiet.body;
    assert.deepEqual([items[0].localTime, items[0].weekday], ['2027-03-20T03:00+01:00', 'SAT']);
    assert.deepEqual(
      new Set(items.map(({ weekday }: { weekday: string }) => weekday)),
      new Set(['TUE', 'WED', 'THU', 'FRI', 'SAT']),
    );
    assert.deepEqual(
      items.flatMap(({ notes }: { notes: string[] }) => notes),
      [],
    );
    const moved = await api.call('POST', '/v1/schedules/preview?count=1', {
      body: wish({ schedule: '30 2 * * *', timeZone: 'Europe/Berlin', startsAt: '2027-03-28T00:00:00Z' }),
    });
    assert.deepEqual(moved.body.items[0].notes, [
      'The clocks go forward: 2027-03-28T02:30 does not exist, and its slot fires at 2027-03-28T03:00+02:00.',
    ]);
  });

  test('resuming says what was passed over, and when it fires next', async () => {
    const { id } = await make({ schedule: '0 * * * *' });
    await api.call('POST', `/v1/schedules/${id}/suspend`, { body: {} });
    const first = new Date(Math.floor(Date.now() / 3_600_000 - 5) * 3_600_000).toISOString();
    await api.opened.pool.query('update schedule set next_slot_at = $2 where id = $1', [id, first]);
    const resumed = await api.call('POST', `/v1/schedules/${id}/resume`, { body: {} });
    assert.deepEqual([resumed.body.skippedSlotCount, resumed.body.firstSkippedAt], [6, first]);
    assert.match(resumed.body.note, /^6 slots passed during the suspension, .* were skipped\. It fires next at /);
    const again = await api.call('POST', `/v1/schedules/${id}/resume`, { body: {} });
    assert.deepEqual([again.body.skippedSlotCount, again.body.note], [0, 'The schedule was not suspended.']);
    await api.call('PATCH', `/v1/schedules/${id}`, { body: { suspend: true } });
    await api.opened.pool.query('update schedule set next_slot_at = $2 where id = $1', [id, first]);
    const changed = await api.call('PATCH', `/v1/schedules/${id}`, { body: { suspend: false } });
    assert.match(changed.body.warnings.join(), /6 slots passed during the suspension/);
  });

  test("a change of a class's retention is merged, and says that it is not retroactive and what is not wanted", async () => {
    const path = `/v1/application-classes/${scene.applicationClassId}`;
    const { retention } = (await api.call('GET', path)).body;
    const changed = await api.call('PATCH', path, { body: { retention: { daily: '48h0m0s', onDemand: null } } });
    const { onDemand: _, ...others } = retention;
    assert.deepEqual(changed.body.retention, { ...others, daily: '48h' });
    assert.match(changed.body.warnings.join('\n'), /Existing copies keep the time to live/);
    const short = await api.call('PATCH', path, { body: { retention: { weekly: '100h' } } });
    assert.match(short.body.warnings.join('\n'), /retention.weekly \(100h\) is shorter than .* \(168h\)/);
    const both = { storageLocation: 'default', snapshotVolumes: true };
    assert.deepEqual((await api.call('PATCH', path, { body: { defaultParameters: both } })).body.warnings, []);
    const dropped = await api.call('PATCH', path, { body: { defaultParameters: { storageLocation: 'default' } } });
    assert.deepEqual(dropped.body.warnings, [
      'defaultParameters was replaced as a whole: snapshotVolumes is no longer set.',
    ]);
    await api.call('PATCH', path, { body: { retention } });
    const override = await api.call('PUT', `${path}/retention-override`, {
      body: { hourly: '24h', monthly: '720h0m0s' },
    });
    assert.deepEqual(override.body.retention, { hourly: '24h', monthly: '720h' });
    assert.match(override.body.note, /retention.monthly \(720h\) is shorter than .* \(744h\)/);
    await api.call('DELETE', `${path}/retention-override`);
  });

  test('a move that loses a day says so', async () => {
    const { id } = await make({ schedule: '0 2 * * *', timeZone: 'Etc/UTC' });
    await api.opened.pool.query(`update schedule set created_at = now() - interval '10 days' where id = $1`, [id]);
    // Its last slot is up to a day old; the next one is two days ahead.
    const at = new Date(Date.now() + 47 * 3_600_000);
    const startsAt = new Date(at.getTime() - 60_000).toISOString();
    const moved = await api.call('PATCH', `/v1/schedules/${id}`, {
      body: { schedule: `${at.getUTCMinutes()} ${at.getUTCHours()} * * *`, startsAt },
    });
    assert.match(moved.body.warnings.join('\n'), /Between the last slot .* lie \d\d h; otherwise at most 24 h/);
  });
});
