import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { expiry, GivenTtl, Ttl } from '../../kernel/rules/duration.ts';
import { defaultRetention, resolveTtl, retentionOfCadenceWarnings } from './retention.ts';
import { ttlIn } from './setting.ts';

test('the most specific time to live wins, and its source is recorded', () => {
  const all = {
    request: '1h',
    schedule: '2h',
    cadence: 'daily',
    override: { daily: '3h' },
    classRetention: { daily: '4h' },
  } as const;
  assert.deepEqual(resolveTtl(all), { ttl: '1h', ttlSource: 'request' });
  assert.deepEqual(resolveTtl({ ...all, request: undefined }), { ttl: '2h', ttlSource: 'schedule' });
  assert.deepEqual(resolveTtl({ ...all, request: undefined, schedule: undefined }), {
    ttl: '3h',
    ttlSource: 'organization',
  });
  assert.deepEqual(resolveTtl({ cadence: 'daily', override: { hourly: '3h' }, classRetention: { daily: '4h' } }), {
    ttl: '4h',
    ttlSource: 'applicationClass',
  });
  assert.deepEqual(resolveTtl({ cadence: 'custom', classRetention: defaultRetention }), {
    ttl: '720h',
    ttlSource: 'default',
  });
});

test('a class starts with the published defaults', () => {
  assert.deepEqual(defaultRetention, {
    hourly: '24h',
    daily: '720h',
    weekly: '2016h',
    monthly: '8760h',
    yearly: '26352h',
    onDemand: '720h',
  });
});

test('a yearly copy is kept for years by default, also where the class says nothing of it', () => {
  const yearly = { ttl: '26352h', ttlSource: 'default' };
  assert.deepEqual(resolveTtl({ cadence: 'yearly', classRetention: { daily: '720h' } }), yearly);
  assert.equal(resolveTtl({ cadence: 'yearly', classRetention: defaultRetention }).ttl, '26352h');
});

test('a time to live is read as Velero prints it, and kept in one form', () => {
  for (const [given, kept] of [
    ['720h', '720h'],
    ['720h0m0s', '720h'],
    ['720h0m', '720h'],
    ['720h0s', '720h'],
    ['175680h0m0s', '175680h'],
  ] as const) {
    assert.equal(GivenTtl.safeParse(given).data, kept, given);
  }
  for (const ttl of ['720h30m', '720h0m30s', '720h0s0m', '0h0m0s', '175681h', '175681h0m0s', '720H'])
    assert.equal(GivenTtl.safeParse(ttl).success, false, ttl);
});

test('the pattern of a time to live is its rule, at every number of hours', () => {
  const patternOf = (ttl: typeof Ttl) => new RegExp(String(Object.values(z.toJSONSchema(ttl).$defs ?? {})[0]?.pattern));
  const [stored, given] = [patternOf(Ttl), patternOf(GivenTtl)];
  for (const hours of [0, 1, 9, 10, 99_999, 100_000, 169_999, 170_000, 174_999, 175_599, 175_679, 175_680]) {
    assert.equal(stored.test(`${hours}h`), hours > 0, String(hours));
    assert.equal(given.test(`${hours}h0m0s`), hours > 0, String(hours));
  }
  for (const hours of [175_681, 175_690, 175_700, 176_000, 180_000, 200_000, 999_999, 1_000_000])
    assert.equal(stored.test(`${hours}h`), false, String(hours));
});

test('only whole hours that Velero can read are a time to live', () => {
  for (const ttl of ['30d', '1h30m', '0h', '-1h', '720', 'h', '1.5h', '999999h', '01h'])
    assert.equal(Ttl.safeParse(ttl).success, false, ttl);
  for (const ttl of ['1h', '24h', '720h', '8760h', '175680h']) assert.equal(Ttl.safeParse(ttl).success, true, ttl);
});

test('a copy expires its ttl after its start', () => {
  assert.equal(expiry('2026-05-28T10:00:00Z', { ttl: '720h' }), '2026-06-27T10:00:00.000Z');
});

test('a time to live that is shorter than the time between two slots of its cadence is warned about, by name and length', () => {
  for (const [cadence, hours] of [
    ['hourly', 1],
    ['daily', 24],
    ['weekly', 7 * 24],
    ['monthly', 31 * 24],
    ['yearly', 366 * 24],
  ] as const) {
    assert.deepEqual(retentionOfCadenceWarnings({ [cadence]: `${hours}h` }), [], cadence);
    if (hours === 1) continue;
    const ttl = `${hours - 1}h`;
    assert.deepEqual(retentionOfCadenceWarnings({ [cadence]: ttl }), [
      `retention.${cadence} (${ttl}) is shorter than the time between two slots (${hours}h): there would be times without any copy. Make it at least ${hours}h, better ${2 * hours}h.`,
    ]);
  }
  assert.equal(retentionOfCadenceWarnings({ daily: '1h', weekly: '1h' }).length, 2);
  assert.deepEqual(retentionOfCadenceWarnings({ custom: '1h', onDemand: '1h' }), []);
});

test("a copy's time to live is that of its setting: the organization's override goes over the class", () => {
  const applicationClass = { retention: { daily: '4h' }, defaultParameters: {}, deliveryDeadlineSeconds: 60 };
  const override = { retention: { daily: '3h' } };
  assert.deepEqual(ttlIn({ applicationClass, override }, { cadence: 'daily' }), {
    ttl: '3h',
    ttlSource: 'organization',
  });
  assert.deepEqual(ttlIn({ applicationClass }, { cadence: 'daily' }), { ttl: '4h', ttlSource: 'applicationClass' });
  assert.equal(ttlIn({ applicationClass, override }, { cadence: 'daily', schedule: '2h' }).ttl, '2h');
  assert.equal(ttlIn({ applicationClass, override }, { cadence: 'daily', schedule: '2h', request: '1h' }).ttl, '1h');
});
