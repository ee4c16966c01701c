import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expiry, Ttl } from '../../kernel/rules/duration.ts';
import { defaultRetention, resolveTtl } from './retention.ts';

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
    onDemand: '720h',
  });
});

test('only whole hours that Velero can read are a time to live', () => {
  for (const ttl of ['30d', '1h30m', '0h', '-1h', '720', 'h', '1.5h', '999999h', '01h'])
    assert.equal(Ttl.safeParse(ttl).success, false, ttl);
  for (const ttl of ['1h', '24h', '720h', '8760h', '175680h']) assert.equal(Ttl.safeParse(ttl).success, true, ttl);
});

test('a copy expires its ttl after its start', () => {
  assert.equal(expiry('2026-05-28T10:00:00Z', '720h'), '2026-06-27T10:00:00.000Z');
});
