/**
 * One table, by conditions that are data: what the tables of the API need, and no more. A field has a column of its name
 * in snake_case. Values go in as JSON, so that arrays, objects and absence become what their columns are.
 */
import { type Sql, selectExactly } from '../sql.ts';
import { jsonRows, type Row, snakeCase } from './shape.ts';

/**
 * Fields that have these values; `undefined` says nothing of a field, `null` that it is NULL. Or a comparison. `or` holds
 * when one of its conditions does.
 */
export interface Where {
  readonly [field: string]: unknown;
  readonly or?: readonly Where[];
}

interface Comparison {
  readonly in?: readonly unknown[];
  readonly gt?: unknown;
  readonly gte?: unknown;
  readonly lt?: unknown;
  readonly lte?: unknown;
  readonly not?: unknown;
}

interface Page {
  readonly by: string;
  readonly descending?: boolean;
  readonly limit: number;
}

export interface Table {
  /** The first row that all of these hold for. */
  find(...where: readonly Where[]): Promise<Row | undefined>;
  /** `find`, locked until the transaction ends. */
  lock(...where: readonly Where[]): Promise<Row | undefined>;
  page(page: Page, ...where: readonly Where[]): Promise<readonly Row[]>;
  /** Returns these fields of the row, as the database has filled them in. */
  insert(row: Row, ...returned: readonly string[]): Promise<Row>;
  /** Sets every field of `row`, absent ones too. Returns how many rows it changed. */
  update(row: Row, ...where: readonly Where[]): Promise<number>;
  remove(...where: readonly Where[]): Promise<void>;
}

export function tableOf(sql: Sql, table: string): Table {
  const ask = (text: string, values: readonly unknown[]) => selectExactly(sql, text, values, nameOf(text));
  const first = async (where: readonly Where[], ending: string) => {
    const { text, values } = conditionOf(where);
    return (await ask(`select * from "${table}" where ${text} limit 1${ending}`, values))[0];
  };
  return {
    find: (...where) => first(where, ''),
    lock: (...where) => first(where, ' for update'),
    async page({ by, descending = false, limit }, ...where) {
      const { text, values } = conditionOf(where);
      // Filters can be combined in many ways, so the server keeps none of these.
      const order = `"${snakeCase(by)}" ${descending ? 'desc' : 'asc'}`;
      const page = `select * from "${table}" where ${text} order by ${order} limit $${values.length + 1}`;
      return selectExactly(sql, page, [...values, limit]);
    },
    async insert(row, ...returned) {
      const columns = columnsOf(row).join(', ');
      const answer = returned.length === 0 ? '' : ` returning ${returned.map(snakeCase).join(', ')}`;
      const text = `insert into "${table}" (${columns}) select ${columns} from json_populate_recordset(null::"${table}", $1::json)${answer}`;
      const [made = {}] = await ask(text, [jsonRows([row])]);
      return made;
    },
    async update(row, ...where) {
      const { text, values } = conditionOf(where, [jsonRows([row])], 't.');
      const set = columnsOf(row).map((column) => `${column} = n.${column}`);
      const changed = await ask(
        `update "${table}" t set ${set.join(', ')} from json_populate_recordset(null::"${table}", $1::json) n where ${text} returning 1`,
        values,
      );
      return changed.length;
    },
    async remove(...where) {
      const { text, values } = conditionOf(where);
      await ask(`delete from "${table}" where ${text}`, values);
    },
  };
}

const columnsOf = (row: Row) => Object.keys(row).map((field) => `"${snakeCase(field)}"`);

interface Condition {
  readonly text: string;
  readonly values: readonly unknown[];
}

function conditionOf(all: readonly Where[], before: readonly unknown[] = [], prefix = ''): Condition {
  const values = [...before];
  const given = (value: unknown) => `$${values.push(value)}`;
  const one = (where: Where): string => {
    const { or, ...fields } = where;
    const parts = Object.entries(fields).flatMap(([field, wanted]) => {
      const column = `${prefix}"${snakeCase(field)}"`;
      if (wanted === undefined) return [];
      if (wanted === null) return [`${column} is null`];
      return isComparison(wanted) ? compared(column, wanted, given) : [`${column} = ${given(wanted)}`];
    });
    if (or !== undefined) parts.push(`(${or.map(one).join(' or ')})`);
    return parts.length === 0 ? 'true' : parts.join(' and ');
  };
  const text = all
    .map(one)
    .filter((part) => part !== 'true')
    .join(' and ');
  return { text: text === '' ? 'true' : text, values };
}

function isComparison(wanted: unknown): wanted is Comparison {
  return typeof wanted === 'object' && wanted !== null && !(wanted instanceof Date) && !Array.isArray(wanted);
}

function compared(column: string, { in: any, gt, gte, lt, lte, not }: Comparison, given: (value: unknown) => string) {
  const by = (operator: string, value: unknown) =>
    value === undefined ? [] : [`${column} ${operator} ${given(value)}`];
  return [
    ...(any === undefined ? [] : [`${column} = any(${given(any)})`]),
    ...by('>', gt),
    ...by('>=', gte),
    ...by('<', lt),
    ...by('<=', lte),
    ...by('<>', not),
  ];
}

const names = new Map<string, string>();

/** Of the statement, under which the server knows it: one for each text. There are few. */
function nameOf(text: string): string {
  const name = names.get(text) ?? `table-${names.size + 1}`;
  names.set(text, name);
  return name;
}
