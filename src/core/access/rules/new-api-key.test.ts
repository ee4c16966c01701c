/** A key makes no key that can do more than itself, for longer, or in another organization. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refusal } from '../../kernel/rules/problem.ts';
import type { Caller, NewApiKey } from './access.ts';
import { organizationOfKey } from './new-api-key.ts';

const now = '2026-05-28T10:00:00.000Z';
const caller: Caller = { apiKeyId: 'k', name: 'odoo', organizationId: 'own', scopes: ['clusters:read', 'keys:write'] };
const admin: Caller = { ...caller, scopes: ['platform:admin'] };
const wanted: NewApiKey = { name: 'n', scopes: ['clusters:read'] };
const made = (by: Caller, more: Partial<NewApiKey> = {}) => organizationOfKey(by, { ...wanted, ...more }, now);
const refused = (by: Caller, more: Partial<NewApiKey>, code: string, words: RegExp, pointers: readonly string[] = []) =>
  assert.throws(
    () => made(by, more),
    (error) => {
      assert.ok(error instanceof Refusal);
      assert.deepEqual([error.code, error.errors.map(({ pointer }) => pointer)], [code, pointers]);
      assert.match(error.message, words);
      return true;
    },
  );

test('a key is for the organization of the key that makes it, and only platform:admin names another', () => {
  assert.equal(made(caller), 'own');
  assert.equal(made(caller, { organizationId: 'own' }), 'own');
  assert.equal(made(admin, { organizationId: 'other' }), 'other');
  refused(caller, { organizationId: 'other' }, 'forbidden', /"odoo" lacks the scope platform:admin/);
});

test('a key gives only scopes that it has, and that of the platform gives all', () => {
  assert.equal(made(caller, { scopes: ['keys:write', 'clusters:read'] }), 'own');
  assert.equal(made(admin, { scopes: ['platform:admin', 'clusters:write'] }), 'own');
  const scopes = ['clusters:read', 'clusters:write', 'platform:admin'] as const;
  refused(caller, { scopes: [...scopes] }, 'forbidden', /This one lacks clusters:write, platform:admin\.$/);
});

test('a key expires in the future, and no later than the key that makes it', () => {
  const [soon, passed] = ['2026-05-28T10:00:00.001Z', '2026-05-28T12:00:00+02:00'];
  const ends = { ...caller, expiresAt: '2026-05-29T00:00:00.000Z' };
  for (const by of [caller, ends]) {
    assert.equal(made(by, { expiresAt: soon }), 'own');
    refused(by, { expiresAt: passed }, 'rule-violated', /must be in the future/, ['/expiresAt']);
  }
  assert.equal(made(caller, { expiresAt: '2999-01-01T00:00:00Z' }), 'own');
  assert.equal(made(ends, { expiresAt: '2026-05-29T02:00:00+02:00' }), 'own', 'the same moment');
  for (const longer of [{}, { expiresAt: '2026-05-29T00:00:00.001Z' }, { expiresAt: '2026-05-29T00:00:00-01:00' }])
    refused(ends, longer, 'rule-violated', /no later than 2026-05-29T00:00:00\.000Z/, ['/expiresAt']);
});
