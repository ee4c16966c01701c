// Objects seen through their schema, for server-side apply: which paths a configuration owns, what differs between two
// versions, and how a configuration merges into the live object. Maps merge by key; lists are one value unless the
// schema makes them a set or a map by keys.

import type { FieldSet } from './field-set.ts';
import { below, isBelow } from './field-set.ts';
import type { Json, JsonObject } from './json.ts';
import { equal, isObject } from './json.ts';
import type { Schema } from './schema.ts';
import { childOf, UNTYPED } from './schema.ts';

interface Child {
  readonly element: string;
  readonly value: Json;
  readonly schema: Schema;
  readonly declared: boolean;
}

function elementOf(schema: Schema, item: Json): string {
  if (schema.listType === 'set' || !isObject(item)) return `v:${JSON.stringify(item)}`;
  return `k:${JSON.stringify(Object.fromEntries(schema.listKeys.toSorted().map((key) => [key, item[key] ?? null])))}`;
}

/** What a value is made of; undefined for a value that is owned as a whole. */
function childrenOf(schema: Schema, value: Json): readonly Child[] | undefined {
  if (isObject(value)) {
    return Object.entries(value).map(([key, item]) => {
      const child = childOf(schema, key) ?? { schema: UNTYPED, declared: true };
      return { element: `f:${key}`, value: item, schema: child.schema, declared: child.declared };
    });
  }
  if (!Array.isArray(value) || schema.listType === 'atomic') return undefined;
  const items = schema.items ?? UNTYPED;
  return value.map((item) => ({ element: elementOf(schema, item), value: item, schema: items, declared: false }));
}

/** The paths that an applied configuration owns. */
export function ownedPaths(schema: Schema, object: JsonObject): Set<string> {
  const set = new Set<string>();
  const walk = (rule: Schema, value: Json, path: string): void => {
    const children = childrenOf(rule, value);
    if (children === undefined) {
      set.add(path);
      return;
    }
    for (const child of children) {
      const at = below(path, child.element);
      walk(child.schema, child.value, at);
      const empty = child.value === null || (isObject(child.value) && Object.keys(child.value).length === 0);
      if (empty || !child.declared) set.add(at);
    }
  };
  walk(schema, object, '');
  return set;
}

export interface Difference {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

/** What changed from `before` to `after`. A container that appears or goes is a member beside its contents. */
export function compare(schema: Schema, before: JsonObject, after: JsonObject): Difference {
  const added = new Set<string>();
  const modified = new Set<string>();
  const removed = new Set<string>();
  const all = (rule: Schema, value: Json, path: string, into: Set<string>): void => {
    into.add(path);
    for (const child of childrenOf(rule, value) ?? []) all(child.schema, child.value, below(path, child.element), into);
  };
  const walk = (rule: Schema, left: Json, right: Json, path: string): void => {
    // Stored objects are never changed in place, and a write takes over what it does not touch.
    if (left === right) return;
    const was = childrenOf(rule, left);
    const is = childrenOf(rule, right);
    if (was === undefined || is === undefined) {
      if (equal(left, right)) return;
      modified.add(path);
      for (const child of was ?? []) all(child.schema, child.value, below(path, child.element), removed);
      for (const child of is ?? []) all(child.schema, child.value, below(path, child.element), added);
      return;
    }
    const olds = new Map(was.map((child) => [child.element, child]));
    for (const child of is) {
      const at = below(path, child.element);
      const old = olds.get(child.element);
      olds.delete(child.element);
      if (old === undefined) all(child.schema, child.value, at, added);
      else walk(child.schema, old.value, child.value, at);
    }
    for (const child of olds.values()) all(child.schema, child.value, below(path, child.element), removed);
  };
  walk(schema, before, after, '');
  return { added, modified, removed };
}

/** The live object with the configuration laid over it. */
export function merge(schema: Schema, live: Json, config: Json): Json {
  if (isObject(live) && isObject(config)) {
    const merged: JsonObject = { ...live };
    for (const [key, value] of Object.entries(config)) {
      const old = Object.hasOwn(live, key) ? live[key] : undefined;
      merged[key] = old === undefined ? value : merge(childOf(schema, key)?.schema ?? UNTYPED, old, value);
    }
    return merged;
  }
  if (Array.isArray(live) && Array.isArray(config) && schema.listType !== 'atomic') {
    const items = schema.items ?? UNTYPED;
    const fresh = new Map(config.map((item) => [elementOf(schema, item), item]));
    const kept = live.map((item) => {
      const element = elementOf(schema, item);
      const over = fresh.get(element);
      fresh.delete(element);
      return over === undefined ? item : merge(items, item, over);
    });
    return [...kept, ...fresh.values()];
  }
  return config;
}

/**
 * `merged` without what the manager applied before and no longer applies, unless somebody else owns it. A container
 * goes with its last content, and only if nobody owns the container itself.
 */
export function pruneOwned(schema: Schema, merged: JsonObject, last: FieldSet, owned: FieldSet): JsonObject {
  const touched = (path: string): boolean => last.has(path) || [...last].some((each) => isBelow(each, path));
  const walk = (rule: Schema, value: Json, path: string): Json | undefined => {
    if (!touched(path)) return value;
    const children = childrenOf(rule, value);
    if (children === undefined) return last.has(path) && !owned.has(path) ? undefined : value;
    const kept: [Child, Json][] = [];
    for (const child of children) {
      const left = walk(child.schema, child.value, below(path, child.element));
      if (left !== undefined) kept.push([child, left]);
    }
    const gone = kept.length === 0 && (children.length > 0 || last.has(path)) && !owned.has(path);
    if (gone) return undefined;
    if (Array.isArray(value)) return kept.map(([, item]) => item);
    return Object.fromEntries(kept.map(([child, item]) => [child.element.slice(2), item]));
  };
  const result: JsonObject = {};
  for (const child of childrenOf(schema, merged) ?? []) {
    const left = walk(child.schema, child.value, child.element);
    if (left !== undefined) result[child.element.slice(2)] = left;
  }
  return result;
}
