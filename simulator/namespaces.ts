// What the controllers of a real cluster do for namespaces and CRDs: a namespace is emptied before it goes, and the
// types that are served follow the stored CRDs.

import { remove } from './deletes.ts';
import { at, text } from './json.ts';
import type { Server } from './objects.ts';
import { CRDS, NAMESPACES, typeOfCrd } from './registry.ts';
import type { Timers } from './timers.ts';

/** Objects go first, their finalizers are waited for, then the namespace goes. */
function empty(server: Server, name: string): boolean {
  let left = 0;
  for (const type of server.registry.all().filter((each) => each.namespaced)) {
    for (const object of server.store.list(type, name)) {
      if (!remove(server, type, object, { uid: '', resourceVersion: '', dryRun: false }).gone) left += 1;
    }
  }
  return left === 0;
}

/** A namespace that is `held` stays Terminating until it is let go. */
export function tendNamespaces(server: Server, timers: Timers, held: (name: string) => boolean): void {
  const sweep = (name: string): void => {
    const object = server.store.get(NAMESPACES, '', name);
    if (object === undefined || at(object, 'metadata', 'deletionTimestamp') === undefined) return;
    if (empty(server, name) && !held(name)) server.store.remove(NAMESPACES, object);
    else timers.after(200, () => sweep(name));
  };
  server.store.listen(NAMESPACES, ({ kind, object }) => {
    if (kind === 'DELETED') return;
    if (at(object, 'metadata', 'deletionTimestamp') !== undefined)
      timers.after(1, () => sweep(text(object, 'metadata', 'name')));
  });
}

/** Serves the type of every stored CRD; when a CRD goes, its objects go with it and its watches end. */
export function tendCrds(server: Server, ended: (plural: string) => void): void {
  server.store.listen(CRDS, ({ kind, object }) => {
    const type = typeOfCrd(object);
    if (type === undefined) return;
    if (kind !== 'DELETED') {
      if (server.registry.byPlural(type.plural) === undefined) server.registry.add(type);
      return;
    }
    for (const each of server.store.list(type)) server.store.remove(type, each);
    server.registry.remove(type);
    ended(type.plural);
  });
}
