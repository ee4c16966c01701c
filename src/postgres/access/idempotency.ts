/**
 * Answers kept by Idempotency-Key. They are sealed, because an answer may hold a secret that is stored nowhere else in
 * the clear: a new API key. The request that runs holds its key by an advisory lock of its transaction, so the key is
 * free again however the transaction ends.
 */

import type { Pool } from 'pg';
import { z } from 'zod';
import type { IdempotencyKeys, IdempotencyScope } from '../../core/access/ports.ts';
import type { Prisma } from '../generated/client.ts';
import type { Sealer } from '../kit/seal.ts';

const Sealed = z.object({ status: z.int(), body: z.unknown(), headers: z.record(z.string(), z.string()) });

function placeOf({ organizationId, apiKeyId, route, key }: IdempotencyScope): string {
  return [organizationId, apiKeyId, route, key].join('|');
}

export function idempotencyKeysOf(client: Prisma.TransactionClient, sealer: Sealer): IdempotencyKeys {
  return {
    async claim(scope) {
      const place = placeOf(scope);
      const [held] = await client.$queryRawUnsafe<{ held: boolean }[]>(
        'select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as held',
        place,
      );
      if (held?.held !== true) return 'InProgress';
      const row = await client.idempotencyKey.findUnique({ where: { organizationId_apiKeyId_route_key: scope } });
      if (row === null) return 'Free';
      return { requestHash: row.requestHash, ...Sealed.parse(JSON.parse(sealer.open(row.sealed, place))) };
    },
    async store(scope, { requestHash, ...answer }) {
      await client.idempotencyKey.create({
        data: { ...scope, requestHash, sealed: sealer.seal(JSON.stringify(answer), placeOf(scope)) },
      });
    },
  };
}

/** Forgets answers that are more than a day old. Returns how many. */
export async function forgetAnswers(pool: Pool): Promise<number> {
  const sql = `delete from idempotency_key where created_at < now() - interval '24 hours'`;
  return (await pool.query(sql)).rowCount ?? 0;
}
