import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expiry, GivenTtl, inWords, Ttl, ttlHours } from './duration.ts';

test('a time to live is whole hours, from one hour to twenty years', () => {
  for (const ttl of ['1h', '720h', '175680h']) assert.ok(Ttl.safeParse(ttl).success, ttl);
  for (const ttl of ['0h', '175681h', '999999h', '1000000h', '30d', '1.5h', '90m', '720', ' 1h', '1h ', '-1h', '1H'])
    assert.ok(!Ttl.safeParse(ttl).success, ttl);
});

test('a copy expires so many hours after its start', () => {
  assert.equal(ttlHours('720h'), 720);
  assert.equal(expiry('2026-05-28T10:00:00.000Z', { ttl: '25h' }), '2026-05-29T11:00:00.000Z');
});

test('an expiry beyond the years of four digits is the end of them', () => {
  assert.equal(expiry('2026-05-28T10:00:00.000Z', { ttl: '24h' }), '2026-05-29T10:00:00.000Z');
  assert.equal(expiry('9999-12-31T23:59:59.000Z', { ttl: '720h' }), '9999-12-31T23:59:59.999Z');
});

test('a length of time is told in its two largest units', () => {
  for (const [seconds, words] of [
    [0, '0 s'],
    [-5, '0 s'],
    [0.9, '0 s'],
    [59.9, '59 s'],
    [60, '1 min'],
    [61, '1 min 1 s'],
    [3_600, '1 h'],
    [3_661, '1 h 1 min'],
    [86_400, '1 d'],
    [86_461, '1 d 1 min'],
    [187_200, '2 d 4 h'],
    [187_265, '2 d 4 h'],
  ] as const)
    assert.equal(inWords(seconds), words);
});

test('a copy whose ttl is not in whole hours expires at its second', () => {
  const at = '2026-05-28T10:00:00.000Z';
  assert.equal(expiry(at, { ttl: '1h', ttlSeconds: 5401 }), '2026-05-28T11:30:01.000Z');
  assert.equal(expiry(at, { ttl: '1h', ttlSeconds: undefined }), '2026-05-28T11:00:00.000Z');
});

test('a request may print a ttl as Velero does, with minutes and seconds that are 0, and it comes in as whole hours', () => {
  for (const ttl of ['720h', '720h0m', '720h0s', '720h0m0s']) assert.equal(GivenTtl.parse(ttl), '720h');
  for (const ttl of ['720h1m', '720h0s0m', '0h0m0s', 'x720h', '720h0m0s '])
    assert.ok(!GivenTtl.safeParse(ttl).success, ttl);
});

test('the refusal of a ttl says whether it is too long or no Go duration', () => {
  for (const schema of [Ttl, GivenTtl]) {
    const words = (ttl: string) => schema.safeParse(ttl).error?.issues[0]?.message ?? '';
    for (const ttl of ['175681h', '999999h']) assert.match(words(ttl), /at most 175680h \(20 years\)/, ttl);
    for (const ttl of ['30d', '99999', '-1h']) assert.match(words(ttl), /720h for 30 days/, ttl);
  }
});
