/** Reading with plain SQL: rows with the domain's names. */
import type { Pool, PoolClient } from 'pg';
import type { Prisma } from '../generated/client.ts';
import { camelRow, type Row } from './shape.ts';

export async function select(
  client: Pool | PoolClient,
  text: string,
  values: readonly unknown[],
): Promise<readonly Row[]> {
  const { rows } = await client.query<Row>(text, [...values]);
  return rows.map(camelRow);
}

/** `select` through Prisma: within the transaction that the client belongs to, if any. */
export async function selectThrough(
  client: Prisma.TransactionClient,
  text: string,
  values: readonly unknown[],
): Promise<readonly Row[]> {
  return (await client.$queryRawUnsafe<Row[]>(text, ...values)).map(camelRow);
}
