/**
 * API keys: who holds one, creating and revoking one. The secret of a key is shown once, when it is created. The service
 * stores only its SHA-256 hash.
 */

import type { Vault } from '../kernel/ports.ts';
import { Refusal, ruleViolated } from '../kernel/rules/problem.ts';
import { type Call, ownLocked } from './call.ts';
import type { ApiKeyHolders, ApiKeysTable, OrganizationsTable } from './ports.ts';
import type { ApiKey, Caller, NewApiKey } from './rules/access.ts';
import { organizationOfKey } from './rules/new-api-key.ts';
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
  const organizationId = organizationOfKey(caller, input, now);
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

/** The key is refused at once. Revoking it again changes nothing. The last key that may administer cannot be revoked. */
export async function revokeApiKey({ tx, caller, now }: Call<ApiKeysTable>, id: string): Promise<ApiKey> {
  await tx.apiKeys.lockAdministrators();
  const key = await ownLocked(tx.apiKeys, caller, 'API key', id);
  if (key.revokedAt !== undefined) return key;
  const administrators = await tx.apiKeys.administrators(now);
  if (administrators.length === 1 && administrators[0]?.id === id)
    throw new Refusal(
      accessProblem['last-administrator'],
      'This is the last valid API key with platform:admin. Create another one with that scope, and revoke this one with it.',
    );
  return tx.apiKeys.update({ ...key, revokedAt: now });
}
