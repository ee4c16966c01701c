import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readConfig } from './config.ts';
import { isWeak } from './key-strength.ts';

test('without any variable the service runs by itself with all roles', () => {
  const config = readConfig({});
  assert.deepEqual(
    [config.databaseUrl, config.redisUrl, config.roles],
    [undefined, undefined, ['api', 'scheduler', 'connector']],
  );
});

test('every wrong variable is named at once, and no value is told', () => {
  const wrong = {
    DATABASE_URL: 'mysql://u:hunter2@h/d',
    PORT: 'http',
    ROLES: 'api,boss',
    SECRETS_KEY: 'c2hvcnQ=',
    ADMIN_API_KEY: 'short-secret',
  };
  assert.throws(
    () => readConfig(wrong),
    (error) => {
      assert.ok(error instanceof Error);
      for (const [name, value] of Object.entries(wrong)) {
        assert.match(error.message, new RegExp(`${name}: `));
        assert.ok(!error.message.includes(value), name);
      }
      return true;
    },
  );
});

test('roles run apart only on a database that they share', () => {
  assert.throws(() => readConfig({ ROLES: 'api' }), /DATABASE_URL/);
  assert.deepEqual(readConfig({ ROLES: 'scheduler, connector', DATABASE_URL: 'postgresql://h/d' }).roles, [
    'scheduler',
    'connector',
  ]);
});

test('.env.example lists every variable, and reading it gives the defaults', () => {
  const lines = readFileSync(new URL('../.env.example', import.meta.url), 'utf8').split('\n');
  const listed = Object.fromEntries(lines.filter((line) => /^[A-Z_]+=/.test(line)).map((line) => line.split('=', 2)));
  const source = readFileSync(new URL('./config.ts', import.meta.url), 'utf8');
  const known = [...source.matchAll(/^ {2}([A-Z_]+): (?:optional|connectionCount)/gm)].map((match) => match[1]);
  assert.deepEqual(Object.keys(listed).toSorted(), known.toSorted());
  assert.deepEqual(readConfig(listed), readConfig({}));
});

test('networks are denied, and certificates left unverified, only as told', () => {
  assert.deepEqual(readConfig({}).deniedNetworks, []);
  assert.equal(readConfig({}).allowInsecureTls, false);
  const config = readConfig({ DENIED_NETWORKS: '10.0.0.0/8, fd00::/8', ALLOW_INSECURE_TLS: 'true' });
  assert.deepEqual(config.deniedNetworks, ['10.0.0.0/8', 'fd00::/8']);
  assert.equal(config.allowInsecureTls, true);
  assert.throws(
    () => readConfig({ DENIED_NETWORKS: '10.0.0.0', ALLOW_INSECURE_TLS: '1' }),
    /DENIED_NETWORKS[\s\S]*ALLOW_INSECURE_TLS|ALLOW_INSECURE_TLS[\s\S]*DENIED_NETWORKS/,
  );
});

test('keys that nobody drew by chance are refused with what to do; random ones of any alphabet are taken', () => {
  for (const key of [
    'a'.repeat(64),
    '0'.repeat(32),
    'abcdefghijklmnopqrstuvwxyzABCDEF',
    '0123456789abcdef0123456789abcdef',
    'changeme'.repeat(4),
    'correct-horse-battery-correct-horse-battery-',
  ]) {
    assert.throws(() => readConfig({ ADMIN_API_KEY: key }), /ADMIN_API_KEY: must be random.*openssl rand/);
  }
  for (let n = 0; n < 200; n += 1) {
    const random = randomBytes(64);
    const digits = [...random].map((byte) => byte % 10).join('');
    for (const key of [random.toString('hex'), random.toString('base64'), digits, random.toString('hex').slice(0, 32)])
      assert.equal(readConfig({ ADMIN_API_KEY: key }).adminApiKey, key);
    assert.equal(isWeak(random.subarray(0, 32), 16), false);
  }
  const phrase = Buffer.from('my very secret password for this');
  for (const weak of [
    Buffer.alloc(32),
    Buffer.alloc(32, 7),
    Buffer.from([...Array(32).keys()]),
    Buffer.concat([phrase.subarray(0, 16), phrase.subarray(0, 16)]),
  ])
    assert.equal(isWeak(weak, 16), true);
});
