import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { assertProblem, pointersOf, startApi, type TestApi } from './harness.ts';

const scheme = [
  { name: 'daily', schedule: '0 2 * * *', ttl: '168h', deltaGB: 5 },
  { name: 'weekly', schedule: '0 3 * * 0', ttl: '672h', deltaGB: 20 },
  { name: 'monthly', schedule: '0 4 1 * *', ttl: '8760h', deltaGB: 40 },
];

describe('a forecast of retention', () => {
  let api: TestApi;
  before(async () => {
    api = await startApi();
  });
  after(() => api.close());

  const ask = (body: unknown, key?: string) =>
    api.call('POST', '/v1/retention/forecast', { body, ...(key !== undefined && { key }) });

  test('tells the 23 backups, their storage and their cost, and how they come about', async () => {
    const answer = await ask({
      schedules: scheme,
      firstCopyGB: 200,
      pricePerGBMonth: 0.05,
      from: '2026-11-21T00:00:00Z',
    });
    assert.equal(answer.status, 200, answer.text);
    const { steadyState, points, schedules, warnings } = answer.body;
    assert.deepEqual(
      [steadyState.copies, steadyState.copiesBySchedule, steadyState.storageGB, steadyState.costPerMonth],
      [23, [7, 4, 12], 790, 39.5],
    );
    assert.equal(points[0].at, '2026-11-21T00:00:00.000Z');
    assert.equal(points.at(-1).at, steadyState.reachedAt);
    assert.ok(points.length > 50 && points.length <= 100);
    assert.deepEqual([schedules[0].timeZone, warnings], ['Etc/UTC', []]);
  });

  test('without sizes there is no storage, without a price no cost, and from now where nothing is said', async () => {
    const { steadyState, points } = (await ask({ schedules: scheme.slice(0, 1) })).body;
    assert.deepEqual([steadyState.copies, steadyState.storageGB, steadyState.costPerMonth], [7, undefined, undefined]);
    assert.ok(Math.abs(Date.parse(points[0].at) - Date.now()) < 60_000);
    const sized = (await ask({ schedules: scheme.slice(0, 1), firstCopyGB: 200 })).body.steadyState;
    assert.deepEqual([sized.storageGB, sized.costPerMonth], [230, undefined]);
  });

  test('what is wrong is told where it is, and what is too much is refused', async () => {
    const [daily] = scheme;
    for (const [body, status, pointer] of [
      [{}, 422, '/schedules'],
      [{ schedules: [] }, 422, '/schedules'],
      [{ schedules: Array.from({ length: 51 }, () => daily) }, 422, '/schedules'],
      [{ schedules: [{ ...daily, schedule: '0 2 30 2 *' }] }, 422, '/schedules/0/schedule'],
      [{ schedules: [daily, { ...daily, ttl: '7d' }] }, 422, '/schedules/1/ttl'],
      [{ schedules: [{ ...daily, deltaGiB: 5 }] }, 400, '/schedules/0/deltaGiB'],
      [{ schedules: [{ ...daily, timeZone: 'Mars/Phobos' }] }, 422, '/schedules/0/timeZone'],
      [{ schedules: [daily], horizonDays: 7306 }, 422, '/horizonDays'],
      [{ schedules: [daily], maxPoints: 401 }, 422, '/maxPoints'],
      [{ schedules: [daily], firstCopyGB: -1 }, 422, '/firstCopyGB'],
      [{ schedules: [daily], pricePerGBMonth: '0.05' }, 400, '/pricePerGBMonth'],
      [{ schedules: [daily], from: 'yesterday' }, 422, '/from'],
    ] as const) {
      const answer = await ask(body);
      assertProblem(answer, status);
      assert.deepEqual(pointersOf(answer), [pointer], answer.text);
    }
  });

  test('only this century is looked at, and only what begins within the twenty years', async () => {
    for (const from of ['0001-01-01T00:00:00Z', '1999-12-31T23:59:59Z', '9999-12-31T23:59:59Z'])
      assert.deepEqual(pointersOf(await ask({ schedules: [scheme[0]], from, timeZone: 'Europe/Berlin' })), ['/from']);
    const far = await ask({ schedules: [{ ...scheme[0], startsAt: '9999-12-31T00:00:00Z' }] });
    assertProblem(far, 422, 'rule-violated');
    assert.deepEqual(pointersOf(far), ['/schedules/0/startsAt']);
    const startsAt = new Date(Date.now() + 6 * 86_400_000).toISOString();
    const later = await ask({ schedules: [{ ...scheme[0], startsAt }], horizonDays: 5 });
    assert.match(later.body.warnings.join(), /no slot within/);
  });
});
