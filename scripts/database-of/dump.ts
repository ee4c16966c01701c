/**
 * A whole database as SQL that a person can read: the migrations of its version as they stand, then the rows, a line
 * each, in the order of foreign keys and primary keys, then how far the sequences have come. Anything that this cannot write is refused rather than left out.
 *
 * Only the schema `public` is written: the queue's holds no fact. A column of type xid8 numbers transactions of one
 * server, so it is left to its default.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { clockSchema } from '../../test/support/database-clock.ts';

interface Table {
  readonly name: string;
  readonly columns: readonly string[];
  /** Its primary key. */
  readonly key: readonly string[];
  /** Tables that its foreign keys lead to. */
  readonly needs: readonly string[];
}

const tables = `
  select c.relname as name,
         (select array_agg(quote_ident(a.attname) order by a.attnum) from pg_attribute a
          where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.atttypid <> 'xid8'::regtype) as columns,
         (select array_agg(quote_ident(a.attname) order by k.n) from pg_constraint p, unnest(p.conkey) with ordinality k (attnum, n), pg_attribute a
          where p.conrelid = c.oid and p.contype = 'p' and a.attrelid = c.oid and a.attnum = k.attnum) as key,
         (select coalesce(array_agg(distinct f.confrelid::regclass::text), '{}') from pg_constraint f where f.conrelid = c.oid and f.contype = 'f') as needs
  from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' order by c.relname`;
const unwritable = `
  select relname as name from pg_class
  where relnamespace = 'public'::regnamespace and (relkind not in ('r', 'i', 'S') or relkind = 'r' and relhassubclass)
  union all select attrelid::regclass::text || '.' || attname from pg_attribute
  where attrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace) and (attidentity <> '' or attgenerated <> '')`;
const sequences = `select sequencename as name, last_value as last from pg_sequences where schemaname = 'public' order by 1`;
const definition = `
  select format(E'create table %I (\\n  %s\\n);', c.relname, string_agg(line, E',\\n  ' order by part, n)) as sql from pg_class c, lateral (
    select 1 as part, attnum::int as n, format('%I %s%s%s', attname, format_type(atttypid, atttypmod),
             case when attnotnull then ' not null' else '' end, ' default ' || pg_get_expr(adbin, adrelid)) as line
    from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where attrelid = c.oid and attnum > 0 and not attisdropped
    union all select 2, 0, format('constraint %I %s', conname, pg_get_constraintdef(oid)) from pg_constraint where conrelid = c.oid and contype = 'p') lines
  where c.oid = $1::regclass group by c.relname`;
const migrationsTable = '_prisma_migrations';

/** @param folder the files of the version that the database belongs to */
export async function dump(databaseUrl: string, folder: string, head: readonly string[]): Promise<string> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(
      `set search_path = public; set time zone 'UTC'; set datestyle = 'ISO'; set bytea_output = 'hex'`,
    );
    const refused = (await client.query<{ name: string }>(unwritable)).rows.map(({ name }) => name);
    if (refused.length > 0) throw new Error(`This cannot be written yet: ${refused.join(', ')}. Teach dump.ts.`);
    const parts = [head.map((line) => `-- ${line}`.trimEnd()).join('\n')];
    const [{ sql } = { sql: '' }] = (await client.query<{ sql: string }>(definition, [migrationsTable])).rows;
    parts.push(sql.replaceAll(`${clockSchema}.`, ''));
    const { rows: applied } = await client.query<{ name: string }>(
      `select migration_name as name from ${migrationsTable} order by 1`,
    );
    for (const { name } of applied) parts.push(`-- The migration ${name}.\n${await migration(folder, name)}`);
    for (const table of inOrder((await client.query<Table>(tables)).rows)) parts.push(await rowsOf(client, table));
    for (const { name, last } of (await client.query<{ name: string; last: string | null }>(sequences)).rows)
      if (last !== null) parts.push(`select setval('${name}', ${last});`);
    return `${parts.join('\n\n')}\n`;
  } finally {
    await client.end();
  }
}

async function migration(folder: string, name: string): Promise<string> {
  const known = await readdir(join(folder, 'prisma', 'migrations'));
  if (!known.includes(name)) throw new Error(`The version has no migration ${name}.`);
  return (await readFile(join(folder, 'prisma', 'migrations', name, 'migration.sql'), 'utf8')).trim();
}

/** What a table's foreign keys lead to comes before it. */
function inOrder(all: readonly Table[]): readonly Table[] {
  const ordered: Table[] = [];
  for (let left = all; left.length > 0; ) {
    const free = left.filter(({ name, needs }) =>
      needs.every((each) => each === name || ordered.some((t) => t.name === each)),
    );
    if (free.length === 0) throw new Error('The foreign keys go in a circle.');
    ordered.push(...free);
    left = left.filter((table) => !free.includes(table));
  }
  return ordered;
}

async function rowsOf(client: pg.Client, { name, columns, key }: Table): Promise<string> {
  const values = columns.map((column) => `quote_nullable(${column}::text)`).join(`, `);
  const { rows } = await client.query<{ row: string }>(
    `select concat_ws(', ', ${values}) as row from public.${name} order by ${key.join(', ')}`,
  );
  if (rows.length === 0) return `-- ${name} has no rows.`;
  return `insert into ${name} (${columns.join(', ')}) values\n${rows.map(({ row }) => `  (${row})`).join(',\n')};`;
}
