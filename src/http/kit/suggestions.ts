/** Hints for unknown keys: what to use instead, or the known key that is spelled most alike. */
import { z } from 'zod';
import { insteadOf } from '../../core/applications/rules/parameters.ts';

/** The hint for `key`; `undefined` when there is none. */
export function suggestionFor(key: string, path: readonly PropertyKey[], schema: z.core.$ZodType): string | undefined {
  const parent = path.at(-1);
  if ((parent === 'parameters' || parent === 'defaultParameters') && Object.hasOwn(insteadOf, key))
    return insteadOf[key];
  const near = nearest(key, knownKeys(schema, path));
  return near === undefined ? undefined : `did you mean ${near}?`;
}

/** The keys that `schema` takes at `path`. */
export function knownKeys(schema: z.core.$ZodType, path: readonly PropertyKey[]): readonly string[] {
  let at: z.core.$ZodType | undefined = unwrap(schema);
  for (const key of path) {
    if (at instanceof z.ZodObject) at = unwrap(at.shape[String(key)]);
    else if (at instanceof z.ZodArray) at = unwrap(at.element);
    else return [];
  }
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

function unwrap(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  let at = schema;
  while (at instanceof z.ZodOptional || at instanceof z.ZodNullable || at instanceof z.ZodDefault) at = at.unwrap();
  return at;
}

const plain = (key: string) => key.toLowerCase().replaceAll(/[-_ ]/g, '');

function nearest(key: string, known: readonly string[]): string | undefined {
  if (key.length > 64) return undefined;
  const ranked = known
    .map((each) => ({
      each,
      distance: plain(each) === plain(key) ? 0 : distance(each.toLowerCase(), key.toLowerCase()),
    }))
    .filter((each) => each.distance <= Math.min(2, Math.floor(key.length / 3)))
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.each;
}

/** The Levenshtein distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replace = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
