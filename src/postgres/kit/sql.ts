/** Statements of plain SQL, on a connection of the pool or in a transaction. Rows have the domain's names. */
import pg, { type Pool, type PoolClient } from 'pg';
import { camelRow, type Row } from './rows/shape.ts';

export type Sql = Pool | PoolClient;

const int8 = 20;
/** A count of 8 bytes is no text. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format: 'text') =>
    oid === int8
      ? (text: string) => BigInt(text)
      : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

export async function select(client: Sql, text: string, values: readonly unknown[]): Promise<readonly Row[]> {
  const { rows } = await client.query<Row>(text, [...values]);
  return rows.map(camelRow);
}

/**
 * `select`, with counts of 8 bytes as bigint. With a name the server keeps the statement for as long as the connection
 * lives: only for statements of which there are few.
 */
export async function selectExactly(
  client: Sql,
  text: string,
  values: readonly unknown[],
  name?: string,
): Promise<readonly Row[]> {
  const { rows } = await client.query<Row>({ ...(name !== undefined && { name }), text, values: [...values], types });
  return rows.map(camelRow);
}

/** Returns how many rows it changed. */
export async function run(client: Sql, text: string, ...values: readonly unknown[]): Promise<number> {
  return (await client.query(text, [...values])).rowCount ?? 0;
}
