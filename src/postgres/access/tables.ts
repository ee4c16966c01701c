/**
 * The tables of access: organizations, API keys, and answers kept by Idempotency-Key. Of an API key only the hash is
 * stored.
 */
import type { ApiKeysTable, IdempotencyTable, OrganizationsTable } from '../../core/access/ports.ts';
import { ApiKey, Organization } from '../../core/access/rules/access.ts';
import { kindOf, pageOf, rowsOf } from '../kit/rows/rows.ts';
import { fromRow, toRow } from '../kit/rows/shape.ts';
import { tableOf } from '../kit/rows/table.ts';
import type { Sealer } from '../kit/seal.ts';
import { run, type Sql, select } from '../kit/sql.ts';
import { idempotencyKeysOf } from './idempotency.ts';

/** Ours alone, among the advisory locks of the database. */
const administratorsLock = 7_305_511_209;

const organization = kindOf('organization', 'organization', Organization, 'id', ['name']);
const apiKey = kindOf('API key', 'api_key', ApiKey, 'organizationId');

const administrators = `
  select * from api_key
  where 'platform:admin' = any(scopes) and revoked_at is null and (expires_at is null or expires_at > $1::timestamptz)`;

export function accessTables(client: Sql, sealer: Sealer): OrganizationsTable & ApiKeysTable & IdempotencyTable {
  const organizations = tableOf(client, 'organization');
  const keys = tableOf(client, 'api_key');
  return {
    organizations: {
      ...rowsOf(client, organization),
      page: (organizationId, query) =>
        pageOf(organizations, Organization, organizationId === '' ? {} : { id: organizationId }, query, 'id'),
    },
    apiKeys: {
      ...rowsOf(client, apiKey),
      async insertHashed(key, hash) {
        await keys.insert({ ...toRow(apiKey.fields, key), hash });
      },
      async findHashed(hash) {
        const row = await keys.find({ hash });
        return row === undefined ? undefined : fromRow(ApiKey, row);
      },
      async administrators(now) {
        const rows = await select(client, administrators, [now]);
        return rows.map((row) => fromRow(ApiKey, row));
      },
      async lockAdministrators() {
        await run(client, 'select 1 from pg_advisory_xact_lock($1::bigint)', administratorsLock);
      },
    },
    idempotency: idempotencyKeysOf(client, sealer),
  };
}
