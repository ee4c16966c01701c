/** What a database is made of, apart from the table that Prisma keeps for itself, in a form that can be compared. */
import { Client } from 'pg';

const queries = {
  columns: `
    select table_name, column_name, data_type, udt_name, datetime_precision, is_nullable, column_default
    from information_schema.columns where table_schema = 'public' and table_name <> '_prisma_migrations' order by 1, 2`,
  constraints: `
    select conrelid::regclass::text as "table", conname, contype::text, pg_get_constraintdef(oid) as definition
    from pg_constraint
    where connamespace = 'public'::regnamespace and contype in ('p', 'u', 'f') and conrelid::regclass::text <> '_prisma_migrations'
    order by 1, 2`,
  indexes: `
    select indexname, indexdef from pg_indexes
    where schemaname = 'public' and tablename <> '_prisma_migrations' order by 1`,
};

/** Rows by kind: columns, constraints, indexes. */
export async function catalogOf(url: string): Promise<Readonly<Record<string, readonly Record<string, unknown>[]>>> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const kinds = [];
    for (const [kind, query] of Object.entries(queries)) kinds.push([kind, (await client.query(query)).rows]);
    return Object.fromEntries(kinds);
  } finally {
    await client.end();
  }
}
