// What a Backup takes of its namespace, and what a Restore makes of it: the namespace, ApplicationInstances and
// Operations, without what is being deleted and what is labelled to be left out. Restored objects are new ones: without
// status, under a new uid, with their labels, annotations and finalizers, and as written by those who wrote the copied
// ones, and whatever watches them takes them for new.

import type { JsonObject } from './json.ts';
import { at, equal, listAt, objectAt, text, textsAt, without } from './json.ts';
import type { Copy } from './object-storage.ts';
import type { Server } from './objects.ts';
import { create, update, withMeta, writeOptions } from './objects.ts';
import type { ResourceType } from './registry.ts';
import { NAMESPACES, shippedType } from './registry.ts';
import { ApiError } from './status.ts';

const EXCLUDED = 'velero.io/exclude-from-backup';
const ADDED = ['velero.io/backup-name', 'velero.io/restore-name'];
const MANAGER = 'velero-server';

/** In the order of a restore: targets before the Operations on them. */
const packable = (): readonly ResourceType[] => ['applicationinstances', 'operations'].map(shippedType);

/** Whether includedResources and excludedResources let the type through. */
function chosen(spec: JsonObject, type: ResourceType): boolean {
  const names = ['*', type.plural, `${type.plural}.${type.group}`];
  const included = textsAt(spec, 'includedResources');
  const listed = (list: readonly string[]): boolean => list.some((each) => names.includes(each));
  return (included.length === 0 || listed(included)) && !listed(textsAt(spec, 'excludedResources'));
}

function taken(object: JsonObject): boolean {
  return (
    at(object, 'metadata', 'deletionTimestamp') === undefined && text(object, 'metadata', 'labels', EXCLUDED) !== 'true'
  );
}

/** What the Backup takes at this moment. */
export function packed({ store, registry }: Server, backup: JsonObject): readonly JsonObject[] {
  const spec = objectAt(backup, 'spec');
  const named = textsAt(spec, 'includedNamespaces');
  const namespaces = store
    .list(NAMESPACES)
    .filter((each) => named.length === 0 || named.includes('*') || named.includes(text(each, 'metadata', 'name')));
  const served = packable().filter((type) => registry.byPlural(type.plural) !== undefined && chosen(spec, type));
  return [
    ...namespaces,
    ...served.flatMap((type) =>
      namespaces.flatMap((namespace) => store.list(type, text(namespace, 'metadata', 'name')).filter(taken)),
    ),
  ];
}

export interface Unpacked {
  readonly errors: number;
  readonly warnings: number;
}

/** What a Restore brings back of an object, and compares: not its status, and no owners; but who wrote what, and when. */
const kept = (object: JsonObject): JsonObject => ({
  spec: objectAt(object, 'spec'),
  labels: without(objectAt(object, 'metadata', 'labels'), ...ADDED),
  annotations: objectAt(object, 'metadata', 'annotations'),
  finalizers: [...textsAt(object, 'metadata', 'finalizers')],
  managedFields: [...listAt(object, 'metadata', 'managedFields')],
});

/** Makes what is missing, and changes what is there if the policy is `update`. What is refused is counted. */
export function unpacked(server: Server, restore: JsonObject, copy: Copy): Unpacked {
  const spec = objectAt(restore, 'spec');
  const target = (namespace: string): string => text(spec, 'namespaceMapping', namespace) || namespace;
  const marks: JsonObject = {
    'velero.io/backup-name': text(copy.backup, 'metadata', 'name'),
    'velero.io/restore-name': text(restore, 'metadata', 'name'),
  };
  const count = { errors: 0, warnings: 0 };
  const tried = (step: () => void, refusal: keyof typeof count): boolean => {
    try {
      step();
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      count[refusal] += 1;
      return false;
    }
  };
  for (const object of copy.objects) {
    const { spec: wanted = {}, labels = {}, managedFields = [], ...fields } = kept(object);
    const head = { apiVersion: text(object, 'apiVersion'), kind: text(object, 'kind') };
    if (head.kind === 'Namespace') {
      const name = target(text(object, 'metadata', 'name'));
      const { annotations = {} } = fields;
      if (server.store.get(NAMESPACES, '', name) === undefined)
        create(server, NAMESPACES, '', { ...head, metadata: { labels, annotations, name } }, writeOptions(MANAGER));
      continue;
    }
    const type = packable().find(({ kind }) => kind === head.kind);
    if (type === undefined || !chosen(spec, type) || server.registry.byPlural(type.plural) === undefined) continue;
    const [namespace, name] = [target(text(object, 'metadata', 'namespace')), text(object, 'metadata', 'name')];
    const metadata = { ...fields, labels: { ...objectAt({ labels }, 'labels'), ...marks } };
    const options = writeOptions(MANAGER);
    const existing = server.store.get(type, namespace, name);
    if (existing === undefined) {
      tried(() => {
        const fresh = { ...head, metadata: { ...metadata, name, namespace }, spec: wanted };
        const made = create(server, type, namespace, fresh, options).object;
        update(server, type, made, withMeta(made, { managedFields }), options, true);
      }, 'errors');
      continue;
    }
    const isSame = equal(kept(existing), kept(object));
    if (text(spec, 'existingResourcePolicy') !== 'update') {
      if (!isSame) count.warnings += 1;
      continue;
    }
    const whole = { ...withMeta(existing, { ...metadata, managedFields }), spec: wanted };
    if (!isSame && tried(() => update(server, type, existing, whole, options), 'warnings')) continue;
    // What is the same is marked, and so is what could not be changed.
    const marked = withMeta(existing, { labels: { ...objectAt(existing, 'metadata', 'labels'), ...marks } });
    tried(() => update(server, type, existing, marked, options), 'errors');
  }
  return count;
}
