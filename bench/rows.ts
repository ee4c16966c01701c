/**
 * The very rows that our service writes for a burst, read back from it, ready to be written by others: they need not
 * find out what is due, decide anything or make names, so each comparison is in their favour.
 */
import type { Pool } from 'pg';
import { z } from 'zod';
import { camelRow } from '../src/postgres/kit/rows/shape.ts';
import type { Prisma } from './generated/client.ts';

const Row = z.record(z.string(), z.unknown());
type Row = z.infer<typeof Row>;
export interface FireRows {
  readonly operation: Row;
  readonly fire: Row;
  readonly event: Row;
  readonly schedule: Row;
}

export async function readRows(pool: Pool): Promise<readonly FireRows[]> {
  const { rows } = await pool.query(
    `select row_to_json(o) as operation, row_to_json(f) as fire, to_jsonb(e) - 'transaction_id' as event, row_to_json(s) as schedule
     from operation o join fire f on f.operation_id = o.id join event e on e.operation_id = o.id join schedule s on s.id = o.schedule_id
     order by o.id`,
  );
  return z.array(z.object({ operation: Row, fire: Row, event: Row, schedule: Row })).parse(rows);
}

const tables = ['operation', 'fire', 'event'] as const;

/** Three statements that insert many rows each and one that moves the schedules on; each takes its rows as JSON. */
export function bulkStatements(example: FireRows): readonly string[] {
  const inserts = tables.map((table) => {
    const columns = Object.keys(example[table]).join(', ');
    return `insert into ${table} (${columns}) select ${columns} from json_populate_recordset(null::${table}, $1::json)`;
  });
  return [
    ...inserts,
    `update schedule s set last_fire_at = a.last_fire_at, accounted_until = a.accounted_until, next_slot_at = a.next_slot_at, next_fire_at = a.next_fire_at
     from json_populate_recordset(null::schedule, $1::json) a where s.id = a.id`,
  ];
}

/** The values of `bulkStatements`, as text. */
export function bulkValues(rows: readonly FireRows[]): readonly string[] {
  const changed = rows.map(({ schedule }) => ({
    id: schedule.id,
    last_fire_at: schedule.last_fire_at,
    accounted_until: schedule.accounted_until,
    next_slot_at: schedule.next_slot_at,
    next_fire_at: schedule.next_fire_at,
  }));
  return [...tables.map((table) => JSON.stringify(rows.map((row) => row[table]))), JSON.stringify(changed)];
}

/** The three inserts in one statement, for a handler that has the rows of one or several jobs. */
export function insertAll(example: FireRows): string {
  const [operation, fire, event] = tables.map((table, i) => {
    const columns = Object.keys(example[table]).join(', ');
    return `insert into ${table} (${columns}) select ${columns} from json_populate_recordset(null::${table}, $${i + 1}::json)`;
  });
  return `with o as (${operation}), f as (${fire}) ${event}`;
}

export interface PrismaRows {
  readonly operation: Prisma.OperationUncheckedCreateInput;
  readonly fire: Prisma.FireUncheckedCreateInput;
  readonly event: Prisma.EventUncheckedCreateInput;
}

const input = <T>() => z.custom<T>((value) => typeof value === 'object');
const PrismaRows = z.object({
  operation: input<Prisma.OperationUncheckedCreateInput>(),
  fire: input<Prisma.FireUncheckedCreateInput>(),
  event: input<Prisma.EventUncheckedCreateInput>(),
});

export function forPrisma(rows: FireRows): PrismaRows {
  const present = (row: Row) => camelRow(Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)));
  return PrismaRows.parse({
    operation: present(rows.operation),
    fire: present(rows.fire),
    event: present(rows.event),
  });
}

export function batchesOf<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
}
