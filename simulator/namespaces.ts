// What the controllers of a real cluster do for namespaces and CRDs: a namespace is emptied before it goes, and the
// types that are served follow the stored CRDs. ApplicationInstances take a while to be taken down, so that Operations
// usually go first; one that is held longer than that has lost its target, and holds its namespace for ever.

import { remove } from './deletes.ts';
import { at, text } from './json.ts';
import type { Server } from './objects.ts';
import { CRDS, NAMESPACES, shippedType, typeOfCrd } from './registry.ts';
import type { Timers } from './timers.ts';

/** Milliseconds at speed 1 that taking down an application takes at least. */
const TAKE_DOWN_MS = 10_000;
const SWEEP_MS = 200;
const SLOW_SWEEP_MS = 5_000;

/** Objects go first, their finalizers are waited for, then the namespace goes. */
function empty(server: Server, name: string, takenDown: boolean): boolean {
  let left = 0;
  for (const type of server.registry.all().filter((each) => each.namespaced)) {
    if (type.plural === 'applicationinstances' && !takenDown && isHeld(server, name)) {
      left += 1;
      continue;
    }
    for (const object of server.store.list(type, name)) {
      if (!remove(server, type, object, { uid: '', resourceVersion: '', dryRun: false }).gone) left += 1;
    }
  }
  return left === 0;
}

const isHeld = (server: Server, name: string): boolean => server.store.list(shippedType('operations'), name).length > 0;

/** A namespace that is `held` stays Terminating until it is let go. */
export function tendNamespaces(server: Server, timers: Timers, speed: number, held: (name: string) => boolean): void {
  const sweep = (name: string, since: number): void => {
    const object = server.store.get(NAMESPACES, '', name);
    if (object === undefined || at(object, 'metadata', 'deletionTimestamp') === undefined) return;
    const passed = timers.now() - since;
    const isEmpty = empty(server, name, passed * speed >= TAKE_DOWN_MS);
    if (isEmpty && !held(name)) server.store.remove(NAMESPACES, object);
    else timers.after(passed < 60_000 ? SWEEP_MS : SLOW_SWEEP_MS, () => sweep(name, since));
  };
  server.store.listen(NAMESPACES, ({ kind, object }) => {
    if (kind === 'DELETED') return;
    if (at(object, 'metadata', 'deletionTimestamp') !== undefined)
      timers.after(1, () => sweep(text(object, 'metadata', 'name'), timers.now()));
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
