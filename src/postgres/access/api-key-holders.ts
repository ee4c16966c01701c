/** Finds the API key of a request by its hash. A revoked or expired key is not found. */
import type { Pool } from 'pg';
import type { ApiKeyHolders } from '../../core/access/ports.ts';
import { ApiKey } from '../../core/access/rules/access.ts';
import { columnsOf } from '../kit/rows/columns.ts';
import { shownRow } from '../kit/rows/shape.ts';
import { select } from '../kit/sql.ts';

const keyByHash = `
  select ${columnsOf(ApiKey.shape)} from api_key
  where hash = $1 and revoked_at is null and (expires_at is null or expires_at > now() + $2 * interval '1 millisecond')`;

export function apiKeyHoldersOf(pool: Pool): ApiKeyHolders {
  return {
    async find(hash, correctionMs = 0) {
      const [row] = await select(pool, keyByHash, [hash, correctionMs]);
      return row === undefined ? undefined : shownRow(ApiKey, row);
    },
  };
}
