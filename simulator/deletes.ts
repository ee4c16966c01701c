// Deleting: preconditions, finalizers, and the mark that a waiting object carries.

import type { Json, JsonObject } from './json.ts';
import { at, objectAt, text, textsAt } from './json.ts';
import type { Server } from './objects.ts';
import { withMeta } from './objects.ts';
import type { ResourceType } from './registry.ts';
import { invalidOptions, preconditionFailed } from './status.ts';

export interface DeleteOptions {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly dryRun: boolean;
}

const PROPAGATION = ['Foreground', 'Background', 'Orphan'];

/** Reads DeleteOptions from a body; propagation is checked and then ignored, since nothing owns anything here. */
export function deleteOptionsOf(body: Json | undefined, dryRun: boolean): DeleteOptions {
  const propagation = text(body, 'propagationPolicy');
  if (propagation !== '' && !PROPAGATION.includes(propagation)) {
    const message = `Unsupported value: "${propagation}": supported values: "Foreground", "Background", "Orphan", "nil"`;
    throw invalidOptions('DeleteOptions', 'propagationPolicy', 'FieldValueNotSupported', message);
  }
  const preconditions = objectAt(body, 'preconditions');
  return {
    uid: text(preconditions, 'uid'),
    resourceVersion: text(preconditions, 'resourceVersion'),
    dryRun: dryRun || textsAt(body, 'dryRun').includes('All'),
  };
}

export interface Deleted {
  readonly object: JsonObject;
  /** False while finalizers keep the object. */
  readonly gone: boolean;
}

export function remove(server: Server, type: ResourceType, object: JsonObject, options: DeleteOptions): Deleted {
  const name = text(object, 'metadata', 'name');
  const uid = text(object, 'metadata', 'uid');
  const version = text(object, 'metadata', 'resourceVersion');
  if (options.uid !== '' && options.uid !== uid) {
    throw preconditionFailed(
      type,
      name,
      `the UID in the precondition (${options.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    );
  }
  if (options.resourceVersion !== '' && options.resourceVersion !== version) {
    throw preconditionFailed(
      type,
      name,
      `the ResourceVersion in the precondition (${options.resourceVersion}) does not match the ResourceVersion in record (${version}). The object might have been modified`,
    );
  }
  server.admit({
    operation: 'DELETE',
    type,
    namespace: text(object, 'metadata', 'namespace'),
    name,
    object,
    before: object,
  });
  const held = textsAt(object, 'metadata', 'finalizers').length > 0 || type.plural === 'namespaces';
  if (!held) {
    if (!options.dryRun) server.store.remove(type, object);
    return { object, gone: true };
  }
  if (at(object, 'metadata', 'deletionTimestamp') !== undefined) return { object, gone: false };
  const generation = at(object, 'metadata', 'generation');
  const marked = withMeta(object, {
    deletionTimestamp: server.clock.text(),
    deletionGracePeriodSeconds: 0,
    ...(typeof generation === 'number' ? { generation: generation + 1 } : {}),
  });
  const terminating: JsonObject =
    type.plural === 'namespaces' ? { ...marked, status: { phase: 'Terminating' } } : marked;
  return { object: options.dryRun ? terminating : server.store.put(type, terminating), gone: false };
}
