/** Between rows and the domain's values: NULL is absence, a timestamp is ISO 8601 in UTC, a count is a number. */
import { ZodArray, ZodObject, ZodOptional, ZodRecord, type ZodType } from 'zod';
import { Prisma } from '../generated/client.ts';

export type Row = Readonly<Record<string, unknown>>;

export function fromStored(stored: unknown): unknown {
  if (stored instanceof Date) return stored.toISOString();
  if (typeof stored === 'bigint') return Number(stored);
  return stored;
}

/** The stored row as the domain's value, checked by its schema: a row that does not fit is a defect, told loudly. */
export function fromRow<T>(schema: ZodType<T>, row: Row): T {
  return schema.parse(
    Object.fromEntries(
      Object.entries(row).flatMap(([key, stored]) => (stored === null ? [] : [[key, fromStored(stored)]])),
    ),
  );
}

/** The fields of a row, as Prisma writes them. */
export interface Fields {
  readonly columns: readonly string[];
  /** Kept as JSON, and may be absent: Prisma does not take `null` for them, since JSON has a null of its own. */
  readonly optionalJson: ReadonlySet<string>;
}

export function fieldsOf(shape: Readonly<Record<string, unknown>>): Fields {
  const columns = Object.keys(shape);
  return { columns, optionalJson: new Set(columns.filter((column) => isOptionalJson(shape[column]))) };
}

function isOptionalJson(schema: unknown): boolean {
  if (!(schema instanceof ZodOptional)) return false;
  const kept = schema.unwrap();
  return kept instanceof ZodObject || kept instanceof ZodRecord || kept instanceof ZodArray;
}

/** Absent keys become NULL, so that an update can clear a column. */
export function toRow({ columns, optionalJson }: Fields, values: Row): Record<string, unknown> {
  return Object.fromEntries(
    columns.map((column) => [column, values[column] ?? (optionalJson.has(column) ? Prisma.DbNull : null)]),
  );
}

const camelCase = remembered((column) => column.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()));

export const snakeCase = remembered((key) => key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));

/** Names of columns are few, and asked for with every row. */
function remembered(translate: (name: string) => string): (name: string) => string {
  const known = new Map<string, string>();
  return (name) => {
    const found = known.get(name) ?? translate(name);
    known.set(name, found);
    return found;
  };
}

/** A row of plain SQL with its columns named as in the domain. */
export function camelRow(row: Row): Row {
  return Object.fromEntries(Object.entries(row).map(([column, stored]) => [camelCase(column), stored]));
}

/** A row for json_populate_recordset. */
export function snakeRow(values: Row): Row {
  return Object.fromEntries(Object.entries(values).map(([key, stored]) => [snakeCase(key), stored]));
}

/** All rows for json_populate_recordset, as one value of a statement. */
export function jsonRows(rows: readonly Row[]): string {
  return JSON.stringify(rows.map(snakeRow));
}
