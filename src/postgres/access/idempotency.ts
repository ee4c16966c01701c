/**
 * Answers kept by Idempotency-Key. They are sealed, because an answer may hold a secret that is stored nowhere else in
 * the clear: a new API key. The request that runs holds its key by an advisory lock of its transaction, so the key is
 * free again however the transaction ends.
 */

import type { Pool } from 'pg';
import { z } from 'zod';
import type { IdempotencyKeys, IdempotencyScope } from '../../core/access/ports.ts';
import { tableOf } from '../kit/rows/table.ts';
import type { Sealer } from '../kit/seal.ts';
import { run, type Sql, select } from '../kit/sql.ts';

const Sealed = z.object({ status: z.int(), body: z.unknown(), headers: z.record(z.string(), z.string()) });

function placeOf({ organizationId, apiKeyId, route, key }: IdempotencyScope): string {
  return [organizationId, apiKeyId, route, key].join('|');
}

const Kept = z.object({ requestHash: z.string(), sealed: z.instanceof(Uint8Array) });
const lock = 'select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as held';
const insert = `
  insert into idempotency_key (organization_id, api_key_id, route, key, request_hash, sealed) values ($1, $2, $3, $4, $5, $6)`;

export function idempotencyKeysOf(client: Sql, sealer: Sealer): IdempotencyKeys {
  const keys = tableOf(client, 'idempotency_key');
  return {
    async claim(scope) {
      const place = placeOf(scope);
      const [held] = await select(client, lock, [place]);
      if (held?.held !== true) return 'InProgress';
      const row = await keys.find({ ...scope });
      if (row === undefined) return 'Free';
      const { requestHash, sealed } = Kept.parse(row);
      return { requestHash, ...Sealed.parse(JSON.parse(sealer.open(sealed, place))) };
    },
    async store(scope, { requestHash, ...answer }) {
      const sealed = sealer.seal(JSON.stringify(answer), placeOf(scope));
      const { organizationId, apiKeyId, route, key } = scope;
      await run(client, insert, organizationId, apiKeyId, route, key, requestHash, sealed);
    },
  };
}

/** Forgets answers that are more than a day old. Returns how many. */
export async function forgetAnswers(pool: Pool): Promise<number> {
  const sql = `delete from idempotency_key where created_at < now() - interval '24 hours'`;
  return (await pool.query(sql)).rowCount ?? 0;
}
