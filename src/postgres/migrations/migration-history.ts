/**
 * The migrations that this version brings, and those that a database has had, by the table that Prisma's own commands
 * keep. Refuses a database of somebody else's making, and one in which an earlier migration may have stopped half-way.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Client } from 'pg';

export interface Migration {
  readonly name: string;
  readonly script: string;
  /** As Prisma reckons it: of the file as it is, in hexadecimal. */
  readonly checksum: string;
}

/** In the order in which they are applied. */
export async function readMigrations(folder: string): Promise<readonly Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return Promise.all(
    names.sort().map(async (name) => {
      const bytes = await readFile(path.join(folder, name, 'migration.sql'));
      return { name, script: bytes.toString('utf8'), checksum: createHash('sha256').update(bytes).digest('hex') };
    }),
  );
}

/** Makes the table in an empty database. */
export async function missingOf(client: Client, migrations: readonly Migration[]): Promise<readonly Migration[]> {
  const { rows: found } = await client.query(`select to_regclass('_prisma_migrations') is not null as there`);
  if (found[0]?.there !== true) await makeTable(client);
  const { rows } = await client.query(
    `select id, migration_name, started_at, finished_at from _prisma_migrations where rolled_back_at is null`,
  );
  const finished = new Set(rows.filter((row) => row.finished_at !== null).map((row) => row.migration_name));
  const missing = migrations.filter(({ name }) => !finished.has(name));
  const unfinished = rows.find((row) => row.finished_at === null);
  if (missing.length === 0 || unfinished === undefined) return missing;
  throw new Error(
    `The migration ${unfinished.migration_name}, started at ${unfinished.started_at.toISOString()}, did not finish. ` +
      'This database may hold a part of it, so nothing more is applied. The column "logs" of its row in ' +
      '_prisma_migrations says why it stopped. Undo or complete by hand what it left, say so, and start again:\n' +
      `  undone, to be applied again:  update _prisma_migrations set rolled_back_at = now() where id = '${unfinished.id}';\n` +
      `  completed:                    update _prisma_migrations set finished_at = now() where id = '${unfinished.id}';`,
  );
}

/** Just as Prisma makes it. Tables of extensions are no tables of somebody else. */
async function makeTable(client: Client): Promise<void> {
  const { rows } = await client.query(
    `select relname from pg_class where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p')
       and not exists (select from pg_depend where classid = 'pg_class'::regclass and objid = pg_class.oid and deptype = 'e')
     order by 1 limit 1`,
  );
  if (rows.length > 0) {
    throw new Error(
      `This database has tables already (${rows[0].relname}) but no _prisma_migrations, so they are not this service's. ` +
        'Set DATABASE_URL to an empty database.',
    );
  }
  await client.query(
    `create table _prisma_migrations (
       id varchar(36) primary key not null,
       checksum varchar(64) not null,
       finished_at timestamptz,
       migration_name varchar(255) not null,
       logs text,
       rolled_back_at timestamptz,
       started_at timestamptz not null default now(),
       applied_steps_count integer not null default 0
     )`,
  );
}
