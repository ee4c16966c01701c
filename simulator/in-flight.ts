// Which Operations of a target are Pending or Running, kept up to date from the store's changes, so that the conflict
// rule costs nothing however many Operations a namespace has seen.

import type { JsonObject } from './json.ts';
import { text } from './json.ts';
import { shippedType } from './registry.ts';
import type { Store } from './store.ts';

export interface InFlightOperation {
  readonly name: string;
  readonly type: string;
}

export const TERMINAL = ['Succeeded', 'Failed', 'Cancelled'];

export class InFlight {
  readonly #byTarget = new Map<string, Map<string, InFlightOperation>>();

  constructor(store: Store) {
    store.listen(shippedType('operations'), ({ kind, object }) => {
      if (kind === 'DELETED' || TERMINAL.includes(text(object, 'status', 'phase'))) this.#remove(object);
      else this.#add(object);
    });
  }

  of(namespace: string, target: string): readonly InFlightOperation[] {
    return [...(this.#byTarget.get(`${namespace}/${target}`)?.values() ?? [])];
  }

  #add(object: JsonObject): void {
    const key = keyOf(object);
    const name = text(object, 'metadata', 'name');
    const operations = this.#byTarget.get(key) ?? new Map<string, InFlightOperation>();
    this.#byTarget.set(key, operations.set(name, { name, type: text(object, 'spec', 'type') }));
  }

  #remove(object: JsonObject): void {
    const key = keyOf(object);
    const operations = this.#byTarget.get(key);
    operations?.delete(text(object, 'metadata', 'name'));
    if (operations?.size === 0) this.#byTarget.delete(key);
  }
}

const keyOf = (object: JsonObject): string =>
  `${text(object, 'metadata', 'namespace')}/${text(object, 'spec', 'targetRef', 'name')}`;
