/** Reads with plain SQL. Rows have the domain's names. */
import type { Pool, PoolClient } from 'pg';
import type { Prisma } from '../generated/client.ts';
import { camelRow, type Row } from './rows/shape.ts';

export async function select(
  client: Pool | PoolClient,
  text: string,
  values: readonly unknown[],
): Promise<readonly Row[]> {
  const { rows } = await client.query<Row>(text, [...values]);
  return rows.map(camelRow);
}

/** `select` through Prisma, in the transaction of `client` if it has one. */
export async function selectThrough(
  client: Prisma.TransactionClient,
  text: string,
  values: readonly unknown[],
): Promise<readonly Row[]> {
  return (await client.$queryRawUnsafe<Row[]>(text, ...values)).map(camelRow);
}
