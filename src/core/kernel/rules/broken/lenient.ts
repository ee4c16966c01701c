/**
 * Values that do not fit their schema, made fit to be shown: a row that somebody broke must be seen and repaired through
 * the API, and must not hide the others of its list. A part that fits is as the schema has it. A text, number or boolean
 * that breaks a rule stays as it is. A part of another kind is left out if it may be absent, and is empty otherwise.
 */
import { z } from 'zod';

export function leniently(schema: z.core.$ZodType, value: unknown): unknown {
  const read = z.safeParse(schema, value);
  return read.success ? read.data : mended(schema, value);
}

function mended(schema: z.core.$ZodType, value: unknown): unknown {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodExactOptional || schema instanceof z.ZodNullable) {
    return isOfKind(unwrapped(schema), value) ? mended(schema.unwrap(), value) : undefined;
  }
  const inner = unwrapped(schema);
  if (inner instanceof z.ZodObject) {
    const given = isRecord(value) ? value : {};
    const fields = Object.entries(inner.shape).map(([key, field]) => [key, leniently(field, given[key])] as const);
    return Object.fromEntries(fields.filter(([, field]) => field !== undefined));
  }
  if (inner instanceof z.ZodArray)
    return Array.isArray(value) ? value.map((each) => leniently(inner.element, each)) : [];
  if (inner instanceof z.ZodRecord) return isRecord(value) ? value : {};
  if (isOfKind(inner, value)) return value;
  if (inner instanceof z.ZodNumber) return 0;
  return inner instanceof z.ZodBoolean ? false : textOf(value);
}

/** What a text that may not be absent is when its value is none. */
function textOf(value: unknown): string {
  return value === undefined || value === null || typeof value === 'object' ? '' : String(value);
}

function isOfKind(schema: z.core.$ZodType, value: unknown): boolean {
  if (schema instanceof z.ZodObject || schema instanceof z.ZodRecord) return isRecord(value);
  if (schema instanceof z.ZodArray) return Array.isArray(value);
  if (schema instanceof z.ZodNumber) return typeof value === 'number';
  if (schema instanceof z.ZodBoolean) return typeof value === 'boolean';
  return typeof value === 'string';
}

function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodOptional ||
    schema instanceof z.ZodExactOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodReadonly
    ? unwrapped(schema.unwrap())
    : schema;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
