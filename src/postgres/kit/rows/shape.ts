/** Between rows and the domain's values: NULL is absence, a timestamp is ISO 8601 in UTC, a count is a number. */
import type { ZodType } from 'zod';
import { leniently } from '../../../core/kernel/rules/broken/lenient.ts';
import { instantAt } from '../../../core/time/rules/instants.ts';

export type Row = Readonly<Record<string, unknown>>;

export function fromStored(stored: unknown): unknown {
  if (stored instanceof Date) return instantAt(stored.getTime());
  if (typeof stored === 'bigint') return Number(stored);
  return stored;
}

/** The stored row as the domain's value. Throws when the schema does not accept it: for work in batches. */
export function fromRow<T>(schema: ZodType<T>, row: Row): T {
  return schema.parse(valuesOf(row));
}

/**
 * The stored row as the domain's value, mended where the schema does not accept it: for the API, by which such a row is
 * seen and repaired.
 */
export function shownRow<T>(schema: ZodType<T>, row: Row): T {
  return leniently(schema, valuesOf(withoutNoTime(row))) as T;
}

/** Without times that are in no calendar, such as infinity. */
function withoutNoTime(row: Row): Row {
  const isTime = (stored: unknown) => !(stored instanceof Date) || !Number.isNaN(stored.getTime());
  return Object.fromEntries(Object.entries(row).filter(([, stored]) => isTime(stored)));
}

function valuesOf(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).flatMap(([key, stored]) => (stored === null ? [] : [[key, fromStored(stored)]])),
  );
}

/** The fields of a row, each with its value; an absent one is NULL, so that an update can clear a column. */
export function toRow(fields: readonly string[], values: Row): Row {
  return Object.fromEntries(fields.map((field) => [field, values[field] ?? null]));
}

const camelCase = remembered((column) => column.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()));

export const snakeCase = remembered((key) => key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));

/** Columns have few names, which are translated for every row: each is translated once. */
function remembered(translate: (name: string) => string): (name: string) => string {
  const known = new Map<string, string>();
  return (name) => {
    const found = known.get(name) ?? translate(name);
    known.set(name, found);
    return found;
  };
}

/** A row of plain SQL, with the domain's names. */
export function camelRow(row: Row): Row {
  return Object.fromEntries(Object.entries(row).map(([column, stored]) => [camelCase(column), stored]));
}

/** A row with the columns' names, for `json_populate_recordset`. */
function snakeRow(values: Row): Row {
  return Object.fromEntries(Object.entries(values).map(([key, stored]) => [snakeCase(key), stored]));
}

/** Rows with the columns' names, as one value for `json_populate_recordset`. */
export function jsonRows(rows: readonly Row[]): string {
  return JSON.stringify(rows.map(snakeRow));
}
