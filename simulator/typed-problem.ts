// Why a configuration cannot be applied at all: a field that the schema does not declare, or a value of the wrong type.
// The real server answers these with 500, unlike the 422 of an ordinary write.

import type { Json, JsonObject } from './json.ts';
import { isObject } from './json.ts';
import type { Schema } from './schema.ts';
import { childOf } from './schema.ts';

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'string',
  boolean: 'boolean',
  integer: 'numeric (int or float)',
  number: 'numeric (int or float)',
  object: 'map',
  array: 'list',
};

function fits(type: string, value: Json): boolean {
  if (type === 'object') return isObject(value);
  if (type === 'array') return Array.isArray(value);
  if (type === 'integer' || type === 'number') return typeof value === 'number';
  return typeof value === type;
}

/** The first problem, as the server words it; undefined when the configuration fits. */
export function typeProblem(schema: Schema, object: JsonObject): string | undefined {
  const walk = (rule: Schema, value: Json, path: string): string | undefined => {
    if (rule.type !== undefined && value !== null && !fits(rule.type, value)) {
      return `${path}: expected ${EXPECTED[rule.type] ?? rule.type}, got &value.valueUnstructured{Value:${JSON.stringify(value)}}`;
    }
    const below = Array.isArray(value)
      ? value.map((item, index) => ({ item, at: `${path}[${index}]`, rule: rule.items }))
      : isObject(value)
        ? Object.entries(value).map(([key, item]) => ({ item, at: `${path}.${key}`, rule: childOf(rule, key)?.schema }))
        : [];
    for (const { item, at, rule: inner } of below) {
      if (inner === undefined && rule.type === 'object') return `${at}: field not declared in schema`;
      const found = inner === undefined ? undefined : walk(inner, item, at);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return walk(schema, object, '');
}
