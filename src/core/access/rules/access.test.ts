/** What a caller may do, in whose name it acts, and how much an organization may have. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refusal } from '../../kernel/rules/problem.ts';
import { actor, type Caller, may, NewApiKey, requester, requireScope } from './access.ts';
import { refuseBeyondQuota } from './quotas.ts';

const caller: Caller = { apiKeyId: 'k', name: 'odoo', organizationId: 'o', scopes: ['clusters:read'] };
const refused = (act: () => void, code: string, words: RegExp) =>
  assert.throws(act, (error) => error instanceof Refusal && error.code === code && words.test(error.message));

test('a key may do what one of its scopes says, and that of the platform everything', () => {
  assert.ok(may(caller, 'clusters:read'));
  assert.ok(!may(caller, 'clusters:write'));
  assert.ok(may({ ...caller, scopes: ['schedules:read', 'platform:admin'] }, 'clusters:write'));
  requireScope(caller, 'clusters:read');
  refused(() => requireScope(caller, 'clusters:write'), 'forbidden', /"odoo" lacks the scope clusters:write/);
});

test('a scope is two words with a colon, and a key has at least one', () => {
  const fits = (...scopes: readonly string[]) => NewApiKey.safeParse({ name: 'n', scopes }).success;
  assert.ok(fits('clusters:read') && fits('application-classes:write', 'clusters:read'));
  for (const scope of ['clusters', 'clusters:', ':read', 'Clusters:read', 'clusters:read:all', 'clusters:re-ad'])
    assert.ok(!fits('clusters:read', scope), scope);
  assert.ok(!fits());
});

test('an event names the person for whom a key acts, else the key; an Operation names both and the request', () => {
  const acting = { ...caller, onBehalfOf: 'mia', requestId: 'r' };
  assert.deepEqual([actor(caller), actor(acting)], ['odoo', 'mia']);
  assert.deepEqual(requester(caller), { requestedBy: 'odoo' });
  assert.deepEqual(requester(acting), { requestedBy: 'odoo', onBehalfOf: 'mia', requestId: 'r' });
});

test('a quota is full once what is added no longer fits, and the first that is full is named with its numbers', () => {
  const cluster = { of: 'cluster', count: 8, limit: 10 } as const;
  const organization = { of: 'organization', count: 90, limit: 91 } as const;
  refuseBeyondQuota('schedules', [cluster, organization]);
  refuseBeyondQuota('schedules', [cluster], 2);
  refuseBeyondQuota('schedules', []);
  refused(
    () => refuseBeyondQuota('schedules', [cluster, organization], 2),
    'quota-exceeded',
    /^The organization has 90 schedules, and may have 91; this request adds 2\./,
  );
  refused(
    () => refuseBeyondQuota('clusters', [cluster, organization], 3),
    'quota-exceeded',
    /^The cluster has 8 clusters/,
  );
});
