// metadata.managedFields: who owns which field. Updates take over what they change; applies own what they contain and
// are refused where they would change a field of somebody else. Follows the order of steps of the real server.

import type { FieldSet } from './field-set.ts';
import { common, decodeFields, elementsOf, encodeFields, minus, same, shownPath, union } from './field-set.ts';
import type { Json, JsonObject } from './json.ts';
import { at, isObject, listAt, objectAt, text, without } from './json.ts';
import type { Schema } from './schema.ts';
import type { Cause } from './status.ts';
import { failure } from './status.ts';
import { compare, merge, ownedPaths, pruneOwned } from './typed.ts';

export interface Writer {
  readonly manager: string;
  readonly apiVersion: string;
  readonly subresource: string;
  /** With a status subresource, status is nobody's who writes the main resource. */
  readonly hasStatus: boolean;
}

interface Manager extends Omit<Writer, 'hasStatus'> {
  readonly operation: string;
  readonly time: string;
  readonly set: FieldSet;
}

const UNTRACKED = new Set([
  'name',
  'namespace',
  'creationTimestamp',
  'selfLink',
  'uid',
  'generation',
  'managedFields',
  'resourceVersion',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
]);
const UPDATE_LIMIT = 10;

const identity = ({ manager, apiVersion, subresource }: Writer): Omit<Writer, 'hasStatus'> => ({
  manager,
  apiVersion,
  subresource,
});

function tracked(set: FieldSet, { subresource, hasStatus }: Pick<Writer, 'subresource' | 'hasStatus'>): Set<string> {
  return new Set(
    [...set].filter((path) => {
      const [first, second] = elementsOf(path);
      if (first === 'f:apiVersion' || first === 'f:kind') return false;
      if (subresource === 'status') return first === 'f:status';
      if (first === 'f:status') return !hasStatus;
      if (first !== 'f:metadata') return true;
      if (second === undefined) return false;
      return !UNTRACKED.has(second.slice(2));
    }),
  );
}

const managersOf = (object: JsonObject): Manager[] =>
  listAt(object, 'metadata', 'managedFields').map((entry) => ({
    manager: text(entry, 'manager'),
    operation: text(entry, 'operation'),
    apiVersion: text(entry, 'apiVersion'),
    subresource: text(entry, 'subresource'),
    time: text(entry, 'time'),
    set: decodeFields(objectAt(entry, 'fieldsV1')),
  }));

function encode(managers: readonly Manager[]): Json[] {
  const sorted = managers
    .filter((each) => each.set.size > 0)
    .toSorted(
      (a, b) =>
        a.operation.localeCompare(b.operation) ||
        a.time.localeCompare(b.time) ||
        a.manager.localeCompare(b.manager) ||
        a.apiVersion.localeCompare(b.apiVersion) ||
        a.subresource.localeCompare(b.subresource),
    );
  return sorted.map((each) => ({
    manager: each.manager,
    operation: each.operation,
    apiVersion: each.apiVersion,
    ...(each.time === '' ? {} : { time: each.time }),
    fieldsType: 'FieldsV1',
    fieldsV1: encodeFields(each.set),
    ...(each.subresource === '' ? {} : { subresource: each.subresource }),
  }));
}

export function withManaged(object: JsonObject, managers: readonly Json[]): JsonObject {
  const metadata = without(objectAt(object, 'metadata'), 'managedFields');
  return { ...object, metadata: managers.length === 0 ? metadata : { ...metadata, managedFields: [...managers] } };
}

const bare = (object: JsonObject): JsonObject => withManaged(object, []);

/** At most ten Update managers are kept apart; the oldest of more are folded into one. */
function capped(managers: readonly Manager[]): readonly Manager[] {
  const updates = managers
    .filter((each) => each.operation === 'Update')
    .toSorted((a, b) => a.time.localeCompare(b.time));
  if (updates.length <= UPDATE_LIMIT) return managers;
  const folded = updates.slice(0, updates.length - UPDATE_LIMIT + 1);
  const [first] = folded;
  if (first === undefined) return managers;
  const ancient = { ...first, manager: 'ancient-changes', set: union(...folded.map((each) => each.set)) };
  return [...managers.filter((each) => !folded.includes(each)), ancient];
}

/** managedFields after an ordinary write of `after` over `before` ({} for a create). */
export function managedByUpdate(
  schema: Schema,
  before: JsonObject,
  after: JsonObject,
  writer: Writer,
  now: string,
): Json[] {
  const given = at(after, 'metadata', 'managedFields');
  const reset = Array.isArray(given) && given.length === 1 && isObject(given[0]) && Object.keys(given[0]).length === 0;
  if (reset) return [];
  const source = Array.isArray(given) && given.length > 0 ? after : before;
  const existing = managersOf(source);
  // An object whose tracking was reset stays untracked until somebody applies to it.
  if (Object.keys(before).length > 0 && existing.length === 0) return [];
  const { added, modified, removed } = compare(schema, bare(before), bare(after));
  const taken = union(added, modified);
  const mine = (each: Manager): boolean =>
    each.operation === 'Update' &&
    each.manager === writer.manager &&
    each.apiVersion === writer.apiVersion &&
    each.subresource === writer.subresource;
  const own = existing.find(mine);
  const set = tracked(union(minus(own?.set ?? new Set(), removed), taken), writer);
  const changed = own === undefined || !same(own.set, set) || common(taken, set).size > 0;
  const others = existing
    .filter((each) => !mine(each))
    .map((each) => ({ ...each, set: minus(minus(each.set, taken), removed) }));
  return encode(
    capped([...others, { ...identity(writer), operation: 'Update', time: changed ? now : (own?.time ?? now), set }]),
  );
}

function conflictOf(conflicts: readonly { readonly manager: Manager; readonly paths: readonly string[] }[]): Error {
  const causes: Cause[] = [];
  const lines: string[] = [];
  for (const { manager, paths } of conflicts.toSorted((a, b) => a.manager.manager.localeCompare(b.manager.manager))) {
    const by = manager.subresource === '' ? '' : ` with subresource "${manager.subresource}"`;
    const version = manager.operation === 'Update' ? ` using ${manager.apiVersion}` : '';
    const who = `"${manager.manager}"${by}${version}`;
    const shown = paths.map(shownPath);
    causes.push(...shown.map((field) => ({ reason: 'FieldManagerConflict', message: `conflict with ${who}`, field })));
    lines.push(`conflicts with ${who}:`, ...shown.map((field) => `- ${field}`));
  }
  const [only] = causes;
  const message =
    causes.length === 1 && only !== undefined
      ? `Apply failed with 1 conflict: ${only.message}: ${only.field}`
      : `Apply failed with ${causes.length} conflicts: ${lines.join('\n')}`;
  return failure(409, 'Conflict', message, { causes: causes.map((cause) => ({ ...cause })) });
}

/** The live object with `config` applied by the writer, managedFields included. Throws the 409 of a conflict. */
export function applied(
  schema: Schema,
  live: JsonObject,
  config: JsonObject,
  writer: Writer,
  force: boolean,
  now: string,
): JsonObject {
  const existing = managersOf(live);
  const mine = (each: Manager): boolean =>
    each.operation === 'Apply' && each.manager === writer.manager && each.subresource === writer.subresource;
  const last = existing.find(mine);
  const set = tracked(ownedPaths(schema, config), writer);
  let others = existing.filter((each) => !mine(each));
  if (existing.length === 0 && text(live, 'metadata', 'uid') !== '') {
    const first = {
      manager: 'before-first-apply',
      operation: 'Update',
      apiVersion: writer.apiVersion,
      subresource: '',
      time: text(live, 'metadata', 'creationTimestamp'),
    };
    others = [{ ...first, set: tracked(compare(schema, {}, bare(live)).added, { subresource: '', hasStatus: false }) }];
  }
  const base = bare(live);
  const merged = merge(schema, base, config);
  const owned = union(set, ...others.map((each) => each.set));
  const next = isObject(merged) ? pruneOwned(schema, merged, last?.set ?? new Set(), owned) : base;
  const { added, modified, removed } = compare(schema, base, next);
  const touched = tracked(union(added, modified), writer);
  const conflicts = others
    .map((manager) => ({ manager, paths: [...common(manager.set, touched)].toSorted() }))
    .filter(({ paths }) => paths.length > 0);
  if (conflicts.length > 0 && !force) throw conflictOf(conflicts);
  const left = others.map((each) => ({ ...each, set: minus(minus(each.set, touched), removed) }));
  const noop = touched.size === 0 && removed.size === 0;
  const time = noop ? (last?.time ?? '') : now;
  return withManaged(next, encode([...left, { ...identity(writer), operation: 'Apply', time, set }]));
}
