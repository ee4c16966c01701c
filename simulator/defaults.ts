// What the server itself fills in when an object of a built-in type is created.

import type { Json, JsonObject } from './json.ts';
import { isObject, listAt, objectAt, text } from './json.ts';

function namespaceDefaults(object: JsonObject): JsonObject {
  const name = text(object, 'metadata', 'name');
  const labels: JsonObject = { ...objectAt(object, 'metadata', 'labels'), 'kubernetes.io/metadata.name': name };
  return {
    ...object,
    metadata: { ...objectAt(object, 'metadata'), labels },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  };
}

function crdDefaults(object: JsonObject, now: string): JsonObject {
  const condition = (type: string, reason: string, message: string): JsonObject => ({
    type,
    status: 'True',
    lastTransitionTime: now,
    reason,
    message,
  });
  const stored: Json[] = listAt(object, 'spec', 'versions')
    .filter((each) => isObject(each) && each.storage === true)
    .map((each) => text(each, 'name'));
  const status: JsonObject = {
    conditions: [
      condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
      condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
    ],
    acceptedNames: objectAt(object, 'spec', 'names'),
    storedVersions: stored,
  };
  return { ...object, status };
}

export function withDefaults(plural: string, object: JsonObject, now: string): JsonObject {
  if (plural === 'namespaces') return namespaceDefaults(object);
  return plural === 'customresourcedefinitions' ? crdDefaults(object, now) : object;
}
