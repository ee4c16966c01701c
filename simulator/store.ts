// What etcd is to a real cluster: objects by key, one revision counter, a bounded history for watches, compaction.
// Writes are synchronous, so each is atomic. Listeners hear every change in order of revision.

import type { JsonObject } from './json.ts';
import { objectAt, text } from './json.ts';
import type { ResourceType } from './registry.ts';
import { keyOf } from './registry.ts';

export interface Change {
  readonly kind: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly type: ResourceType;
  readonly revision: number;
  readonly object: JsonObject;
  readonly before: JsonObject | undefined;
}

export type Listener = (change: Change) => void;

const HISTORY = 5_000;

export const itemKey = (namespace: string, name: string): string => `${namespace}/${name}`;

export class Store {
  /** A cluster is never new when somebody meets it: small resourceVersions are long compacted. */
  #revision = 1000;
  #oldest = 1001;
  readonly #objects = new Map<string, Map<string, JsonObject>>();
  #history: Change[] = [];
  readonly #listeners = new Map<string, Set<Listener>>();

  get revision(): number {
    return this.#revision;
  }
  /** The oldest revision that a watch may still start from. */
  get oldest(): number {
    return this.#oldest;
  }

  get(type: ResourceType, namespace: string, name: string): JsonObject | undefined {
    return this.#objects.get(keyOf(type))?.get(itemKey(namespace, name));
  }

  /** Objects ordered by namespace and name, as etcd lists them. */
  list(type: ResourceType, namespace = ''): readonly JsonObject[] {
    const all = this.#objects.get(keyOf(type));
    if (all === undefined) return [];
    const keys = [...all.keys()].filter((key) => namespace === '' || key.startsWith(`${namespace}/`));
    return keys
      .toSorted((a, b) => (a < b ? -1 : 1))
      .flatMap((key): readonly JsonObject[] => {
        const object = all.get(key);
        return object === undefined ? [] : [object];
      });
  }

  /** Writes the object and answers what was stored, with its new resourceVersion. */
  put(type: ResourceType, object: JsonObject): JsonObject {
    const key = itemKey(text(object, 'metadata', 'namespace'), text(object, 'metadata', 'name'));
    const all = this.#objects.get(keyOf(type)) ?? new Map<string, JsonObject>();
    this.#objects.set(keyOf(type), all);
    const before = all.get(key);
    const stored = this.#stamped(object);
    all.set(key, stored);
    this.#tell({
      kind: before === undefined ? 'ADDED' : 'MODIFIED',
      type,
      revision: this.#revision,
      object: stored,
      before,
    });
    return stored;
  }

  remove(type: ResourceType, object: JsonObject): JsonObject {
    const key = itemKey(text(object, 'metadata', 'namespace'), text(object, 'metadata', 'name'));
    const before = this.#objects.get(keyOf(type))?.get(key);
    const last = this.#stamped(object);
    this.#objects.get(keyOf(type))?.delete(key);
    this.#tell({ kind: 'DELETED', type, revision: this.#revision, object: last, before });
    return last;
  }

  listen(type: ResourceType, listener: Listener): () => void {
    const key = keyOf(type);
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /** The changes of a type after the revision; undefined when the history no longer reaches back that far. */
  since(type: ResourceType, revision: number): readonly Change[] | undefined {
    if (revision < this.#oldest - 1) return undefined;
    const key = keyOf(type);
    return this.#history.filter((change) => change.revision > revision && keyOf(change.type) === key);
  }

  /** Forgets the history: what was read before now can no longer be watched from. */
  compact(): void {
    this.#history = [];
    this.#revision += 1;
    this.#oldest = this.#revision + 1;
  }

  /**
   * Sets the cluster back by some revisions, as etcd restored from an older snapshot does, as far as the history goes:
   * what was written since never was. Listeners hear the changes that lead back; watches must have ended before.
   */
  rewind(revisions: number): void {
    const target = Math.max(this.#oldest - 1, this.#revision - revisions);
    const undone = this.#history.filter(({ revision }) => revision > target).toReversed();
    this.#history = this.#history.filter(({ revision }) => revision <= target);
    this.#revision = target;
    const back = undone.map(({ kind, type, object, before }): Change => {
      const all = this.#objects.get(keyOf(type)) ?? new Map<string, JsonObject>();
      this.#objects.set(keyOf(type), all);
      const key = itemKey(text(object, 'metadata', 'namespace'), text(object, 'metadata', 'name'));
      if (before === undefined) all.delete(key);
      else all.set(key, before);
      if (before === undefined) return { kind: 'DELETED', type, revision: target, object, before: object };
      const gone = kind === 'DELETED';
      return {
        kind: gone ? 'ADDED' : 'MODIFIED',
        type,
        revision: target,
        object: before,
        before: gone ? undefined : object,
      };
    });
    for (const change of back) this.#hear(change);
  }

  #stamped(object: JsonObject): JsonObject {
    this.#revision += 1;
    return { ...object, metadata: { ...objectAt(object, 'metadata'), resourceVersion: String(this.#revision) } };
  }

  #tell(change: Change): void {
    this.#history.push(change);
    if (this.#history.length > HISTORY * 1.2) {
      this.#history = this.#history.slice(-HISTORY);
      this.#oldest = this.#history[0]?.revision ?? this.#oldest;
    }
    this.#hear(change);
  }

  #hear(change: Change): void {
    for (const listener of [...(this.#listeners.get(keyOf(change.type)) ?? [])]) listener(change);
  }
}
