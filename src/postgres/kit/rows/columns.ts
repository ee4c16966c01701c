/**
 * Columns of plain statements, derived from the domain's schemas, so that a field is added to a schema and to no
 * statement. `shape` is the shape of a schema. The column of a field has its name in snake_case.
 */
import { snakeCase } from './shape.ts';

function joined(shape: object, text: (column: string, field: string) => string): string {
  return Object.keys(shape)
    .map((field) => text(snakeCase(field), field))
    .join(', ');
}

/** `name, time_zone`, or of the table `n`: `n.name, n.time_zone`. */
export function columnsOf(shape: object, table?: string): string {
  return joined(shape, (column) => (table === undefined ? column : `${table}.${column}`));
}

/** To read rows with the domain's names: `n.name as "name", n.time_zone as "timeZone"`. */
export function selectOf(shape: object, table: string): string {
  return joined(shape, (column, field) => `${table}.${column} as "${field}"`);
}

/** To set each column from the row `from`: `name = n.name, time_zone = n.time_zone`. */
export function assignmentsOf(shape: object, from: string): string {
  return joined(shape, (column) => `${column} = ${from}.${column}`);
}

/** As one value of JSON: `json_build_object('name', n.name, 'timeZone', n.time_zone)`. */
export function jsonObjectOf(shape: object, table: string): string {
  return `json_build_object(${joined(shape, (column, field) => `'${field}', ${table}.${column}`)})`;
}
