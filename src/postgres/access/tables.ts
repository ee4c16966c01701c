/**
 * The tables of access: organizations, API keys, and answers kept by Idempotency-Key. Of an API key only the hash is
 * stored.
 */
import type { ApiKeysTable, IdempotencyTable, OrganizationsTable } from '../../core/access/ports.ts';
import { ApiKey, Organization } from '../../core/access/rules/access.ts';
import type { Prisma } from '../generated/client.ts';
import { type Delegate, kindOf, pageOf, rowsOf } from '../kit/rows/rows.ts';
import { fromRow, toRow } from '../kit/rows/shape.ts';
import type { Sealer } from '../kit/seal.ts';
import { idempotencyKeysOf } from './idempotency.ts';

/** Ours alone, among the advisory locks of the database. */
const administratorsLock = 7_305_511_209;

const organization = kindOf('organization', 'organization', Organization, 'id', ['name']);
const apiKey = kindOf('API key', 'api_key', ApiKey, 'organizationId');

export function accessTables(
  client: Prisma.TransactionClient,
  sealer: Sealer,
): OrganizationsTable & ApiKeysTable & IdempotencyTable {
  const rawApiKeys: Delegate = client.apiKey;
  return {
    organizations: {
      ...rowsOf(client, client.organization, organization),
      page: (organizationId, query) =>
        pageOf(client.organization, Organization, organizationId === '' ? {} : { id: organizationId }, query, 'id'),
    },
    apiKeys: {
      ...rowsOf(client, client.apiKey, apiKey),
      async insertHashed(key, hash) {
        await rawApiKeys.create({ data: { ...toRow(apiKey, key), hash } });
      },
      async findHashed(hash) {
        const row = await rawApiKeys.findFirst({ where: { hash } });
        return row === null ? undefined : fromRow(ApiKey, row);
      },
      async administrators(now) {
        const rows = await client.apiKey.findMany({
          where: {
            scopes: { has: 'platform:admin' },
            revokedAt: null,
            OR: [{ expiresAt: null }, { expiresAt: { gt: now } }],
          },
        });
        return rows.map((row) => fromRow(ApiKey, row));
      },
      async lockAdministrators() {
        await client.$queryRawUnsafe('select 1 from pg_advisory_xact_lock($1::bigint)', administratorsLock);
      },
    },
    idempotency: idempotencyKeysOf(client, sealer),
  };
}
