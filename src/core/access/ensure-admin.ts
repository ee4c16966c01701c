/**
 * Makes sure, at each start, that an administrator can call the API. The operator of the service decides who that is by
 * ADMIN_API_KEY, and the configuration wins over what the API did: a key that was revoked is valid again, and a key that
 * the variable gave earlier is not valid any more. Both are logged as warnings. A key that the API made is left alone.
 *
 * Processes that start together do it one after another, so all of them find the same key.
 */
import type { Clock, Log, Store, Vault } from '../kernel/ports.ts';
import type { ApiKeysTable, OrganizationsTable } from './ports.ts';
import type { ApiKey, Organization } from './rules/access.ts';

export interface EnsureAdminPorts {
  readonly store: Store<OrganizationsTable & ApiKeysTable>;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly log: Log;
}

/** The hint of a key whose first characters nobody is shown, because it comes from the environment. It is its mark. */
const environmentHint = 'environment';
const scopes: ApiKey['scopes'] = ['platform:admin'];

/**
 * Without any organization it creates `default`. `secret` is the key that the environment gives, if any; without one, a
 * new installation gets a key that is returned, to be shown once.
 */
export async function ensureAdmin(ports: EnsureAdminPorts, secret: string | undefined): Promise<string | undefined> {
  const { store, vault, clock, log } = ports;
  const now = await clock.now();
  const { shown, logs } = await store.transaction(async (tx) => {
    await tx.apiKeys.lockAdministrators();
    const [known] = (await tx.organizations.page('', { limit: 1 })).items;
    const organization = known ?? newOrganization(vault.newId(), now);
    if (known === undefined) await tx.organizations.insert(organization);
    if (secret !== undefined) return { logs: await keyOfEnvironment(ports, tx, organization, secret, now) };
    if (known !== undefined) return { logs: [] };
    const { secret: shown, hint, hash } = vault.newApiKey();
    await tx.apiKeys.insertHashed(newKey(vault.newId(), organization, hint, now), hash);
    return { shown, logs: [] };
  });
  for (const [key, message] of logs) log.warn({ apiKeyId: key.id, name: key.name }, message);
  return shown;
}

type KeyLog = readonly [key: ApiKey, message: string];

/** Only the key that the variable gives now is valid of all that it ever gave. Returns what is to be logged. */
async function keyOfEnvironment(
  { vault }: EnsureAdminPorts,
  { apiKeys }: ApiKeysTable,
  organization: Organization,
  secret: string,
  now: string,
): Promise<readonly KeyLog[]> {
  const hash = vault.hashOf(secret);
  const administrators = await apiKeys.administrators(now);
  const key = await apiKeys.findHashed(hash);
  const logs: KeyLog[] = [];
  if (key === undefined) {
    await apiKeys.insertHashed(newKey(vault.newId(), organization, environmentHint, now), hash);
  } else if (!administrators.some(({ id }) => id === key.id)) {
    const { revokedAt: _revokedAt, expiresAt: _expiresAt, ...rest } = key;
    await apiKeys.update({ ...rest, scopes });
    logs.push([key, 'the key of ADMIN_API_KEY was not valid as an administrator: it is valid again']);
  }
  for (const earlier of administrators) {
    if (earlier.hint !== environmentHint || earlier.id === key?.id) continue;
    await apiKeys.update({ ...earlier, revokedAt: now });
    logs.push([earlier, 'ADMIN_API_KEY has another value now: the key that it gave before is revoked']);
  }
  return logs;
}

function newKey(id: string, { id: organizationId }: Organization, hint: string, now: string): ApiKey {
  return { id, organizationId, name: 'admin', scopes, hint, createdAt: now };
}

function newOrganization(id: string, now: string): Organization {
  return { id, name: 'default', suspend: false, createdAt: now, updatedAt: now, revision: 1 };
}
