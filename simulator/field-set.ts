// Sets of field paths, as managedFields keep them. A path is a list of elements (`f:name`, `k:{"type":"Ready"}`,
// `v:"x"`) joined into one string, so that union, difference and intersection are operations on plain sets.

import type { JsonObject } from './json.ts';
import { isObject } from './json.ts';

export type FieldSet = ReadonlySet<string>;

const JOINT = '\u0000';

export const below = (path: string, element: string): string => (path === '' ? element : `${path}${JOINT}${element}`);
export const elementsOf = (path: string): readonly string[] => path.split(JOINT);
export const isBelow = (path: string, ancestor: string): boolean => path.startsWith(`${ancestor}${JOINT}`);

export function union(...sets: readonly FieldSet[]): Set<string> {
  const all = new Set<string>();
  for (const set of sets) for (const path of set) all.add(path);
  return all;
}

/** The same set where nothing is taken from it. */
export const minus = (a: FieldSet, b: FieldSet): FieldSet =>
  [...b].some((path) => a.has(path)) ? new Set([...a].filter((path) => !b.has(path))) : a;
export const common = (a: FieldSet, b: FieldSet): Set<string> => new Set([...a].filter((path) => b.has(path)));
export const same = (a: FieldSet, b: FieldSet): boolean => a.size === b.size && [...a].every((path) => b.has(path));

/** Sets and their encoded forms are never changed: most writes leave most owners with what they have. */
const encoded = new WeakMap<FieldSet, JsonObject>();
const decoded = new WeakMap<JsonObject, FieldSet>();

/** fieldsV1: a leaf is `{}`; a path that is a member and has members below it carries `.`. */
export function encodeFields(set: FieldSet): JsonObject {
  const known = encoded.get(set) ?? encodedAnew(set);
  encoded.set(set, known);
  decoded.set(known, set);
  return known;
}

function encodedAnew(set: FieldSet): JsonObject {
  const root: JsonObject = {};
  for (const path of [...set].toSorted()) {
    let here = root;
    const elements = elementsOf(path);
    for (const [index, element] of elements.entries()) {
      const next = here[element];
      if (isObject(next)) {
        // A node that was a leaf until now keeps its membership as `.`.
        if (index < elements.length - 1 && Object.keys(next).length === 0) next['.'] = {};
        here = next;
        continue;
      }
      const made: JsonObject = {};
      here[element] = made;
      here = made;
    }
    if (Object.keys(here).length > 0) here['.'] = {};
  }
  return root;
}

export function decodeFields(fields: JsonObject): FieldSet {
  const known = decoded.get(fields) ?? decodedAnew(fields);
  decoded.set(fields, known);
  return known;
}

function decodedAnew(fields: JsonObject): FieldSet {
  const set = new Set<string>();
  const walk = (node: JsonObject, path: string): void => {
    const keys = Object.keys(node);
    if (path !== '' && (keys.length === 0 || keys.includes('.'))) set.add(path);
    for (const key of keys) {
      const child = node[key];
      if (key !== '.' && isObject(child)) walk(child, below(path, key));
    }
  };
  walk(fields, '');
  return set;
}

/** The way the server writes a path in a conflict: `.spec.conditions[type="Ready"].status`. */
export function shownPath(path: string): string {
  return elementsOf(path)
    .map((element) => {
      const rest = element.slice(2);
      if (element.startsWith('f:')) return `.${rest}`;
      if (element.startsWith('v:')) return `[=${rest}]`;
      return `[${rest.slice(1, -1).replaceAll(/"([^"]+)":/g, '$1=')}]`;
    })
    .join('');
}
