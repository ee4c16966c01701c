/**
 * The clock of one database, set by hand. The service goes by its database's clock, so this puts all of it at another
 * time. Only connections that are made afterwards see it.
 */
import pg from 'pg';

export interface DatabaseClock {
  /** It is this instant now, and time goes on. Returns how many milliseconds that is ahead of this process. */
  runFrom(instant: string): Promise<number>;
  /** It is this instant until further notice. */
  stopAt(instant: string): Promise<void>;
}

/** The schema of the clock itself, which belongs to no version of the service. */
export const clockSchema = 'test_clock';

export async function clockOf(databaseUrl: string): Promise<DatabaseClock> {
  const run = async (sql: string, values: readonly unknown[] = []) => {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    try {
      return (await client.query(sql, [...values])).rows;
    } finally {
      await client.end();
    }
  };
  await run(`
    create schema ${clockSchema};
    create table ${clockSchema}.setting (ahead interval not null, stopped_at timestamptz);
    insert into ${clockSchema}.setting values ('0');
    create function ${clockSchema}.clock_timestamp() returns timestamptz language sql volatile
      as 'select coalesce(stopped_at, pg_catalog.clock_timestamp() + ahead) from ${clockSchema}.setting';
    create function ${clockSchema}.now() returns timestamptz language sql stable
      as 'select coalesce(stopped_at, pg_catalog.now() + ahead) from ${clockSchema}.setting';
    do $$ begin
      execute format('alter database %I set search_path = public, ${clockSchema}, pg_catalog', current_database());
    end $$`);
  return {
    async runFrom(instant) {
      await run(
        `update ${clockSchema}.setting set ahead = $1::timestamptz - pg_catalog.clock_timestamp(), stopped_at = null`,
        [instant],
      );
      return Date.parse(instant) - Date.now();
    },
    async stopAt(instant) {
      await run(`update ${clockSchema}.setting set stopped_at = $1`, [instant]);
    },
  };
}
