/**
 * The last tick, and what processes read of the clocks that they can reach. A row is fresh by the server's own clock: when
 * that jumps, what was read before the jump is not, whichever way it jumped.
 */
import type { Pool } from 'pg';
import { z } from 'zod';
import type { ClockRecord } from '../../core/clocks/ports.ts';
import { select } from '../kit/sql.ts';

const freshSeconds = 30;
const around = (column: string, time: string) =>
  `${column} between clock_timestamp() - interval '${time}' and clock_timestamp() + interval '${time}'`;
export const isFresh = (row: string) => around(`${row}.read_at`, `${freshSeconds} seconds`);

const exchange = `
  with given as (
    select * from json_to_recordset($2) g (source text, ahead_ms bigint)
  ), gone as (
    delete from clock_reading where (process_id, source) in (
      select process_id, source from clock_reading
      where process_id <> $1 and not (${around('read_at', '1 hour')}) for update skip locked)
  ), mine as (
    insert into clock_reading (process_id, source, ahead_ms, read_at, doubt, doubted_at)
    select $1, source, ahead_ms, clock_timestamp(), $3, clock_timestamp() - $4::float8 * interval '1 second' from given
    on conflict (process_id, source) do update
    set ahead_ms = excluded.ahead_ms, read_at = excluded.read_at, doubt = excluded.doubt, doubted_at = excluded.doubted_at
  )
  select source, ahead_ms::float8 as "aheadMs" from clock_reading r where process_id <> $1 and ${isFresh('r')}`;

const lastTick = `select extract(epoch from at)::float8 * 1000 as "atMs", process_id as "processId", ahead_ms::float8 as "aheadMs" from last_tick`;
const ticked = `
  insert into last_tick (id, at, process_id, ahead_ms) values (1, to_timestamp($1::float8 / 1000), $2, $3)
  on conflict (id) do update set at = excluded.at, process_id = excluded.process_id, ahead_ms = excluded.ahead_ms`;

const Shared = z.object({ source: z.enum(['process', 'redis', 'clusters']), aheadMs: z.number() });
const Tick = z.object({ atMs: z.number(), processId: z.string(), aheadMs: z.number() });

export function clockRecordOf(pool: Pool): ClockRecord {
  return {
    async lastTick() {
      return Tick.array().parse(await select(pool, lastTick, []))[0];
    },
    async ticked({ atMs, processId, aheadMs }) {
      await pool.query(ticked, [atMs, processId, aheadMs]);
    },
    async exchange(processId, readings, doubt) {
      const rows = readings.map(({ source, aheadMs }) => ({ source, ahead_ms: aheadMs }));
      const values = [processId, JSON.stringify(rows), doubt?.message, doubt?.secondsAgo];
      return Shared.array().parse(await select(pool, exchange, values));
    },
  };
}
