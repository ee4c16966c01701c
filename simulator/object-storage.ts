// What Velero's buckets hold: for each finished Backup its resource, with which it comes back, and its tarball of
// Kubernetes objects. It outlives every resource, and clusters may share it.

import type { JsonObject } from './json.ts';
import { text } from './json.ts';

export interface Copy {
  readonly backup: JsonObject;
  /** Namespaces first, then what lay in them, in the order in which a restore takes it. */
  readonly objects: readonly JsonObject[];
}

type Listener = (location: string, name: string) => void;

const locationOf = ({ backup }: Copy): string => text(backup, 'spec', 'storageLocation');
const nameOf = ({ backup }: Copy): string => text(backup, 'metadata', 'name');

export class ObjectStorage {
  /** By location and name: names are unique in a bucket. */
  readonly #copies = new Map<string, Copy>();
  readonly #listeners = new Set<Listener>();

  get(location: string, name: string): Copy | undefined {
    return this.#copies.get(`${location}/${name}`);
  }

  list(location: string): readonly Copy[] {
    return [...this.#copies.values()].filter((copy) => locationOf(copy) === location);
  }

  /** Names of all copies, sorted. */
  names(): readonly string[] {
    return [...this.#copies.values()].map(nameOf).toSorted();
  }

  put(copy: Copy): void {
    this.#copies.set(`${locationOf(copy)}/${nameOf(copy)}`, copy);
    this.#tell(locationOf(copy), nameOf(copy));
  }

  remove(location: string, name: string): void {
    if (this.#copies.delete(`${location}/${name}`)) this.#tell(location, name);
  }

  /** Removes the copy of that name from every location, as a lifecycle rule of the bucket does. */
  removeNamed(name: string): void {
    for (const copy of [...this.#copies.values()]) if (nameOf(copy) === name) this.remove(locationOf(copy), name);
  }

  listen(listener: Listener): void {
    this.#listeners.add(listener);
  }

  #tell(location: string, name: string): void {
    for (const listener of [...this.#listeners]) listener(location, name);
  }
}
