/**
 * Refusals of invalid input, and the line between 400 and 422. A body with missing, unknown or wrongly typed fields is
 * 400 `invalid-request`, and so is one with an id that is no UUID: an id has one status wherever it stands. A body whose
 * fields are right but break a rule (format, length, range, choice, or a rule of the domain) is 422 `rule-violated`. A
 * body with both is 400, and lists all of them. Path, query and headers are always text, so any error there is 400.
 */
import type { z } from 'zod';
import { type FieldError, Refusal } from '../../core/kernel/rules/problem.ts';
import { pointerOf } from './pointers.ts';
import { knownKeys, suggestionFor } from './suggestions.ts';

type Issue = z.core.$ZodIssue;
const maxErrors = 50;
const places: Readonly<Record<string, string>> = { params: 'path', querystring: 'query', headers: 'header' };

export interface InvalidInput {
  /** `body`, `params`, `querystring` or `headers`. */
  readonly part: string;
  readonly schema: z.core.$ZodType;
  readonly input: unknown;
  readonly issues: readonly Issue[];
}

export function invalidInput(wrong: InvalidInput): Refusal {
  const all = wrong.issues.flatMap((issue) => errorsOf(issue, wrong));
  const errors = all
    .filter(({ pointer }, at) => all.findIndex((first) => first.pointer === pointer) === at)
    .slice(0, maxErrors);
  const code =
    wrong.part === 'body' && wrong.issues.every((issue) => breaksRule(issue, wrong.input))
      ? 'rule-violated'
      : 'invalid-request';
  const [only, ...others] = errors;
  const detail =
    only !== undefined && others.length === 0
      ? `${only.pointer || 'The body'} ${only.detail}`
      : `${errors.length} parts of the request are wrong; see errors.`;
  return new Refusal(code, detail, { errors });
}

function errorsOf(issue: Issue, { part, schema, input }: InvalidInput): FieldError[] {
  const at = (path: readonly PropertyKey[]) =>
    part === 'body' ? pointerOf(path) : `${places[part]}/${headerCase(part, path.map(String).join('/').slice(0, 100))}`;
  if (issue.code !== 'unrecognized_keys')
    return [{ pointer: at(issue.path), detail: detailOf(issue, valueAt(input, issue.path)) }];
  return issue.keys.map((key) => {
    const suggestion = suggestionFor(key, issue.path, schema);
    const known = suggestion === undefined ? '.' : `: ${suggestion}`;
    return {
      pointer: at([...issue.path, key]),
      detail: `is not known here${known}${part === 'querystring' ? ` ${takenBy(schema)}` : ''}`,
    };
  });
}

function takenBy(schema: z.core.$ZodType): string {
  const names = knownKeys(schema, []);
  return names.length === 0 ? 'This address takes no query parameters.' : `This address takes ${names.join(', ')}.`;
}

function breaksRule(issue: Issue, input: unknown): boolean {
  if (issue.code === 'invalid_value') return typeof valueAt(input, issue.path) === typeof issue.values[0];
  if (issue.code === 'invalid_format') return issue.format !== 'uuid';
  return !['invalid_type', 'unrecognized_keys', 'invalid_union', 'invalid_element'].includes(issue.code);
}

function detailOf(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.path.length === 0 && value === null) return 'is needed.';
      return value === undefined
        ? 'is needed.'
        : `must be ${article(issue.expected)}, not ${article(typeName(value))}.`;
    case 'invalid_value':
      return value === undefined
        ? 'is needed.'
        : `must be ${issue.values.length === 1 ? '' : 'one of '}${issue.values.map(String).join(', ')}.`;
    case 'too_small':
      return `must ${amount(issue.origin, `at least ${issue.minimum}`)}.`;
    case 'too_big':
      return `must ${amount(issue.origin, `at most ${issue.maximum}`)}.`;
    case 'invalid_key':
      return `has a key that ${issue.issues[0]?.message ?? 'is not accepted'}.`;
    case 'invalid_format':
      return formats[issue.format] ?? `${issue.message}.`;
    default:
      return `${issue.message}.`;
  }
}

const formats: Readonly<Record<string, string>> = {
  uuid: 'must be a UUID.',
  datetime: 'must be a moment as in RFC 3339 with a zone, for example 2026-05-28T10:00:00Z.',
};

function amount(origin: string, bound: string): string {
  const many = bound.endsWith(' 1') ? '' : 's';
  if (origin === 'string') return `have ${bound} character${many}`;
  return origin === 'array' ? `have ${bound} item${many}` : `be ${bound}`;
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function article(type: string): string {
  if (type === 'null') return 'null';
  const name = type === 'record' ? 'object' : type === 'int' ? 'integer' : type;
  return `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}`;
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    input,
  );
}

/** Node gives header names in lower case. People know them as X-Request-Id. */
function headerCase(part: string, name: string): string {
  return part === 'headers' ? name.replaceAll(/(^|-)[a-z]/g, (letter) => letter.toUpperCase()) : name;
}
