/**
 * API keys: who holds one, creating and revoking one, and the admin key of a new installation. The secret of a key is
 * shown once, when it is created. The service stores only its SHA-256 hash.
 */

import type { Clock, Store, Vault } from '../kernel/ports.ts';
import { Refusal, ruleViolated } from '../kernel/rules/problem.ts';
import { type Call, ownLocked } from './call.ts';
import type { ApiKeyHolders, ApiKeysTable, OrganizationsTable } from './ports.ts';
import { type ApiKey, type Caller, may, type NewApiKey, requireScope } from './rules/access.ts';
import { accessProblem } from './rules/problems.ts';

/** The holder of this key, or the Refusal `unauthenticated`. */
export async function authenticate(
  { apiKeyHolders, vault }: { readonly apiKeyHolders: ApiKeyHolders; readonly vault: Vault },
  secret: string | undefined,
): Promise<Caller> {
  const key = secret === undefined ? undefined : await apiKeyHolders.find(vault.hashOf(secret));
  if (key === undefined) {
    throw new Refusal(
      accessProblem.unauthenticated,
      'Send a valid API key as "Authorization: Bearer <key>". This one is missing, unknown, expired or revoked.',
    );
  }
  const { id: apiKeyId, name, organizationId, scopes, expiresAt } = key;
  return { apiKeyId, name, organizationId, scopes, expiresAt };
}

export async function createApiKey(
  { tx, caller, now, vault }: Call<ApiKeysTable & OrganizationsTable>,
  input: NewApiKey,
): Promise<{ key: ApiKey; secret: string }> {
  const organizationId = input.organizationId ?? caller.organizationId;
  if (organizationId !== caller.organizationId) requireScope(caller, 'platform:admin');
  const beyond = input.scopes.filter((scope) => !may(caller, scope));
  if (beyond.length > 0)
    throw new Refusal(
      accessProblem.forbidden,
      `An API key can give only scopes that it has itself. This one lacks ${beyond.join(', ')}.`,
    );
  if (input.expiresAt !== undefined && Date.parse(input.expiresAt) <= Date.parse(now)) {
    throw ruleViolated('/expiresAt', 'must be in the future.');
  }
  refuseLongerLife(caller, input.expiresAt);
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

/** A key that expires makes none that outlives it: its holder would keep the access that ends with it. */
function refuseLongerLife({ expiresAt: limit }: Caller, expiresAt: string | undefined): void {
  if (limit === undefined || (expiresAt !== undefined && Date.parse(expiresAt) <= Date.parse(limit))) return;
  throw ruleViolated('/expiresAt', `must be given, and no later than ${limit}: the calling API key expires then.`);
}

/** The key is refused at once. Revoking it again changes nothing. */
export async function revokeApiKey({ tx, caller, now }: Call<ApiKeysTable>, id: string): Promise<ApiKey> {
  const key = await ownLocked(tx.apiKeys, caller, 'API key', id);
  return key.revokedAt === undefined ? tx.apiKeys.update({ ...key, revokedAt: now }) : key;
}

/**
 * Makes sure that an administrator can call the API. Without any organization it creates `default` and an admin key.
 * `secret` is the admin key that the environment gives, if any: each start makes it valid again. Returns the secret of
 * a key that it generated, to be shown once.
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
