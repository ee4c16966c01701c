// Validation and pruning against a structural schema, with the wording of the real 422 causes.

import type { Json, JsonObject } from './json.ts';
import { equal, isObject, typeName } from './json.ts';
import type { Schema } from './schema.ts';
import { childOf } from './schema.ts';
import type { Cause } from './status.ts';

const DATE_TIME = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

const shown = (value: Json): string => (typeof value === 'string' ? JSON.stringify(value) : String(value));

function typeFits(schema: Schema, value: Json): boolean {
  if (schema.type === undefined) return true;
  if (value === null) return schema.nullable;
  const name = typeName(value);
  return name === schema.type || (schema.type === 'number' && name === 'integer');
}

function scalarCauses(schema: Schema, value: Json, path: string): Cause[] {
  const causes: Cause[] = [];
  const invalid = (why: string): void => {
    causes.push({
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${shown(value)}: ${path} in body ${why}`,
      field: path,
    });
  };
  if (schema.enum !== undefined && value !== null && !schema.enum.some((item) => equal(item, value))) {
    const supported = schema.enum.map((item) => JSON.stringify(item)).join(', ');
    causes.push({
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${shown(value)}: supported values: ${supported}`,
      field: path,
    });
  }
  if (typeof value === 'string') {
    if (schema.format === 'date-time' && (!DATE_TIME.test(value) || Number.isNaN(Date.parse(value)))) {
      causes.push({
        reason: 'FieldValueTypeInvalid',
        message: `Invalid value: ${shown(value)}: ${path} in body must be of type date-time: ${shown(value)}`,
        field: path,
      });
    }
    if (schema.maxLength !== undefined && [...value].length > schema.maxLength) {
      causes.push({
        reason: 'FieldValueTooLong',
        message: `Too long: may not be more than ${schema.maxLength} bytes`,
        field: path,
      });
    }
    if (schema.minLength !== undefined && [...value].length < schema.minLength)
      invalid(`should be at least ${schema.minLength} chars long`);
  }
  if (typeof value === 'number' && schema.minimum !== undefined && value < schema.minimum) {
    invalid(`should be greater than or equal to ${schema.minimum}`);
  }
  return causes;
}

function duplicateCauses(schema: Schema, list: readonly Json[], path: string): Cause[] {
  if (schema.listType === 'atomic') return [];
  const seen = new Set<string>();
  return list.flatMap((item, index) => {
    const key =
      schema.listType === 'set' || !isObject(item)
        ? JSON.stringify(item)
        : JSON.stringify(Object.fromEntries(schema.listKeys.map((name) => [name, item[name] ?? null])));
    if (seen.has(key))
      return [{ reason: 'FieldValueDuplicate', message: `Duplicate value: ${key}`, field: `${path}[${index}]` }];
    seen.add(key);
    return [];
  });
}

/** What was found valid stays so: stored objects are never changed in place, and a write takes over what it does not touch. */
const valid = new WeakMap<Schema, WeakSet<JsonObject | Json[]>>();

/** Everything in `value` that the schema does not allow. Unknown fields are not its business: see `prune`. */
export function schemaCauses(schema: Schema, value: Json, path = ''): Cause[] {
  if (!isObject(value) && !Array.isArray(value)) return causesOf(schema, value, path);
  const known = valid.get(schema) ?? new WeakSet();
  if (known.has(value)) return [];
  const causes = causesOf(schema, value, path);
  if (causes.length === 0) valid.set(schema, known.add(value));
  return causes;
}

function causesOf(schema: Schema, value: Json, path: string): Cause[] {
  if (!typeFits(schema, value)) {
    const found = typeName(value);
    const message = `Invalid value: "${found}": ${path} in body must be of type ${schema.type ?? ''}: "${found}"`;
    return [
      { reason: 'FieldValueTypeInvalid', message, field: path },
      ...scalarCauses({ ...schema, format: undefined }, value, path),
    ];
  }
  const causes = scalarCauses(schema, value, path);
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items !== undefined)
      causes.push(...value.flatMap((item, index) => schemaCauses(items, item, `${path}[${index}]`)));
    causes.push(...duplicateCauses(schema, value, path));
  }
  if (isObject(value)) {
    const below = (key: string): string => (path === '' ? key : `${path}.${key}`);
    for (const key of Object.keys(value).toSorted()) {
      const child = childOf(schema, key);
      const item = value[key];
      if (child !== undefined && item !== undefined && below(key) !== 'metadata')
        causes.push(...schemaCauses(child.schema, item, below(key)));
    }
    for (const key of schema.required) {
      if (!Object.hasOwn(value, key))
        causes.push({ reason: 'FieldValueRequired', message: 'Required value', field: below(key) });
    }
  }
  return causes;
}

/** The object without fields that the schema does not know, and the paths of what was dropped, metadata first. */
export function prune(
  schema: Schema,
  object: JsonObject,
): { readonly object: JsonObject; readonly dropped: readonly string[] } {
  const dropped: string[] = [];
  const walk = (rule: Schema, value: Json, path: string): Json => {
    if (Array.isArray(value)) {
      const { items } = rule;
      return items === undefined ? value : value.map((item, index) => walk(items, item, `${path}[${index}]`));
    }
    if (!isObject(value)) return value;
    const kept: JsonObject = {};
    for (const [key, item] of Object.entries(value)) {
      const below = path === '' ? key : `${path}.${key}`;
      const child = childOf(rule, key);
      if (child === undefined && rule.type !== 'object') kept[key] = item;
      else if (child === undefined) dropped.push(below);
      else kept[key] = walk(child.schema, item, below);
    }
    return kept;
  };
  const pruned = walk(schema, object, '');
  const first = (path: string): number => (path.startsWith('metadata.') ? 0 : 1);
  return { object: isObject(pruned) ? pruned : {}, dropped: dropped.toSorted((a, b) => first(a) - first(b)) };
}
