/** Organizations, API keys, and the answers that are kept by Idempotency-Key. */
import type { Pool } from 'pg';
import type { ApiKeyHolders, ApiKeysTable, IdempotencyTable, OrganizationsTable } from '../../core/access/ports.ts';
import { ApiKey, Organization } from '../../core/access/rules/access.ts';
import type { Prisma } from '../generated/client.ts';
import { refusalOf } from '../kit/refusals.ts';
import { type Delegate, kindOf, pageOf, rowsOf } from '../kit/rows.ts';
import type { Sealer } from '../kit/seal.ts';
import { fromRow, toRow } from '../kit/shape.ts';
import { select } from '../kit/sql.ts';
import { idempotencyKeysOf } from './idempotency.ts';

const organization = kindOf('organization', 'organization', Organization, 'id');
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
        try {
          await rawApiKeys.create({ data: { ...toRow(apiKey.columns, key), hash } });
        } catch (error) {
          throw refusalOf(error, apiKey.kind);
        }
      },
    },
    idempotency: idempotencyKeysOf(client, sealer),
  };
}

const keyByHash = `
  select id, organization_id, name, scopes, hint, created_at, expires_at, revoked_at from api_key
  where hash = $1 and revoked_at is null and (expires_at is null or expires_at > now())`;

export function apiKeyHoldersOf(pool: Pool): ApiKeyHolders {
  return {
    async find(hash) {
      const [row] = await select(pool, keyByHash, [hash]);
      return row === undefined ? undefined : fromRow(ApiKey, row);
    },
  };
}
