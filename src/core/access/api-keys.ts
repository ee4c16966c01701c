/** Organizations and their API keys. A key's secret is shown once, when it is made; only its hash is kept. */

import type { Clock, Store, Vault } from '../kernel/ports.ts';
import { Refusal, ruleViolated } from '../kernel/rules/problem.ts';
import { type Call, ownLocked } from './call.ts';
import type { ApiKeyHolders, ApiKeysTable, OrganizationsTable } from './ports.ts';
import { type ApiKey, type Caller, may, type NewApiKey, requireScope } from './rules/access.ts';
import { accessProblem } from './rules/problems.ts';

/** Who holds this key, or the Refusal `unauthenticated`. */
export async function authenticate(
  { apiKeyHolders, vault }: { readonly apiKeyHolders: ApiKeyHolders; readonly vault: Vault },
  secret: string | undefined,
  onBehalfOf: string | undefined,
): Promise<Caller> {
  const key = secret === undefined ? undefined : await apiKeyHolders.find(vault.hashOf(secret));
  if (key === undefined) {
    throw new Refusal(
      accessProblem.unauthenticated,
      'Send a valid API key as "Authorization: Bearer <key>". This one is missing, unknown, expired or revoked.',
    );
  }
  return { apiKeyId: key.id, name: key.name, organizationId: key.organizationId, scopes: key.scopes, onBehalfOf };
}

export async function createApiKey(
  { tx, caller, now, vault }: Call<ApiKeysTable & OrganizationsTable>,
  input: NewApiKey,
): Promise<{ key: ApiKey; secret: string }> {
  const organizationId = input.organizationId ?? caller.organizationId;
  if (organizationId !== caller.organizationId) requireScope(caller, 'platform:admin');
  const beyond = input.scopes.filter((scope) => !may(caller, scope));
  if (beyond.length > 0)
    throw new Refusal(accessProblem.forbidden, `A key cannot give what it does not have: ${beyond.join(', ')}.`);
  if (input.expiresAt !== undefined && Date.parse(input.expiresAt) <= Date.parse(now)) {
    throw ruleViolated('/expiresAt', 'must be in the future.');
  }
  if ((await tx.organizations.find(organizationId, organizationId)) === undefined) {
    throw ruleViolated('/organizationId', `There is no organization ${organizationId}.`);
  }
  const { secret, hint, hash } = vault.newApiKey();
  const { name, scopes } = input;
  const expiresAt = input.expiresAt === undefined ? {} : { expiresAt: new Date(input.expiresAt).toISOString() };
  const key: ApiKey = { id: vault.newId(), organizationId, name, scopes, hint, createdAt: now, ...expiresAt };
  await tx.apiKeys.insertHashed(key, hash);
  return { key, secret };
}

/** Revoked at once; a second time changes nothing. */
export async function revokeApiKey({ tx, caller, now }: Call<ApiKeysTable>, id: string): Promise<ApiKey> {
  const key = await ownLocked(tx.apiKeys, caller, 'API key', id);
  return key.revokedAt === undefined ? tx.apiKeys.update({ ...key, revokedAt: now }) : key;
}

/**
 * Makes sure that somebody can get in: with no organization yet, makes `default` and its admin key. `secret` is the key
 * that the environment gives, if any; it is made valid again at each start. Returns a newly made secret, to be shown.
 */
export async function ensureAdmin(
  {
    store,
    apiKeyHolders,
    vault,
    clock,
  }: {
    readonly store: Store<OrganizationsTable & ApiKeysTable>;
    readonly apiKeyHolders: ApiKeyHolders;
    readonly vault: Vault;
    readonly clock: Clock;
  },
  secret: string | undefined,
): Promise<string | undefined> {
  const now = await clock.now();
  if (secret !== undefined && (await apiKeyHolders.find(vault.hashOf(secret))) !== undefined) return undefined;
  return store.transaction(async (tx) => {
    const [known] = (await tx.organizations.page('', { limit: 1 })).items;
    if (known !== undefined && secret === undefined) return undefined;
    const organization = known ?? {
      id: vault.newId(),
      name: 'default',
      suspend: false,
      createdAt: now,
      updatedAt: now,
      revision: 1,
    };
    if (known === undefined) await tx.organizations.insert(organization);
    const made = vault.newApiKey();
    const hash = secret === undefined ? made.hash : vault.hashOf(secret);
    const hint = secret === undefined ? made.hint : 'environment';
    const scopes: ApiKey['scopes'] = ['platform:admin'];
    await tx.apiKeys.insertHashed(
      { id: vault.newId(), organizationId: organization.id, name: 'admin', scopes, hint, createdAt: now },
      hash,
    );
    return secret === undefined ? made.secret : undefined;
  });
}
