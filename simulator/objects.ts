// The write path of the API server: create, update, delete. Order of steps as in the real one: namespace, names and
// metadata, managedFields, validation, admission webhook, optimistic lock, storage. Nothing is stored in a dry run,
// and a write that changes nothing leaves the resourceVersion alone.

import { randomInt, randomUUID } from 'node:crypto';
import type { Clock } from './clock.ts';
import type { FieldValidation, WriteOptions } from './decode.ts';
import { withDefaults } from './defaults.ts';
import type { Json, JsonObject } from './json.ts';
import { at, equal, isObject, objectAt, text, textsAt, without } from './json.ts';
import { managedByUpdate, withManaged } from './managed.ts';
import { metadataCauses, nameCauses } from './names.ts';
import type { Registry, ResourceType } from './registry.ts';
import { NAMESPACES } from './registry.ts';
import type { Cause } from './status.ts';
import { alreadyExists, badRequest, failure, internal, invalid, modified, notFound } from './status.ts';
import type { Store } from './store.ts';
import { schemaCauses } from './validate.ts';

export interface AdmissionRequest {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly type: ResourceType;
  readonly namespace: string;
  readonly name: string;
  readonly object: JsonObject;
  readonly before: JsonObject | undefined;
}

/** Throws the ApiError of a denial. */
export type Admission = (request: AdmissionRequest) => void;

export interface Server {
  readonly store: Store;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly admit: Admission;
}

export const writeOptions = (
  manager: string,
  subresource: '' | 'status' = '',
  validation: FieldValidation = 'Ignore',
): WriteOptions => ({
  manager,
  dryRun: false,
  validation,
  warn: () => undefined,
  subresource,
});

export const withMeta = (object: JsonObject, fields: JsonObject): JsonObject => ({
  ...object,
  metadata: { ...objectAt(object, 'metadata'), ...fields },
});

const withoutMeta = (object: JsonObject, ...keys: string[]): JsonObject => ({
  ...object,
  metadata: without(objectAt(object, 'metadata'), ...keys),
});

const SUFFIX = 'bcdfghjklmnpqrstvwxz2456789';
const generatedName = (base: string): string =>
  base.slice(0, 58) + Array.from({ length: 5 }, () => SUFFIX[randomInt(SUFFIX.length)]).join('');

export const namespaceMismatch = (): Error =>
  badRequest('the namespace of the provided object does not match the namespace sent on the request');

function checkNamespace(server: Server, type: ResourceType, namespace: string): void {
  if (!type.namespaced) return;
  const found = server.store.get(NAMESPACES, '', namespace);
  if (found === undefined) throw notFound(NAMESPACES, namespace);
  if (at(found, 'metadata', 'deletionTimestamp') === undefined) return;
  throw failure(
    403,
    'Forbidden',
    `${type.plural}.${type.group} is forbidden: unable to create new content in namespace ${namespace} because it is being terminated`,
    {
      group: type.group,
      kind: type.plural,
      causes: [
        {
          reason: 'NamespaceTerminating',
          message: `namespace ${namespace} is being terminated`,
          field: 'metadata.namespace',
        },
      ],
    },
  );
}

function checkObject(type: ResourceType, object: JsonObject, extra: readonly Cause[] = []): void {
  const name = text(object, 'metadata', 'name');
  const causes = [
    ...nameCauses(name, 'metadata.name', type.plural === 'namespaces'),
    ...metadataCauses(object),
    ...extra,
  ];
  const all = [...causes, ...(type.custom ? schemaCauses(type.schema, object) : [])];
  if (all.length > 0) throw invalid(type.group, type.kind, name, all);
}

export interface Written {
  readonly object: JsonObject;
  readonly created: boolean;
}

/** An apply brings its own managedFields, since it has its own rules for ownership. */
export function create(
  server: Server,
  type: ResourceType,
  namespace: string,
  given: JsonObject,
  options: WriteOptions,
  byApply = false,
): Written {
  const said = text(given, 'metadata', 'namespace');
  if (said !== '' && said !== namespace) throw namespaceMismatch();
  checkNamespace(server, type, namespace);
  if (text(given, 'metadata', 'resourceVersion') !== '' && !byApply)
    throw internal('resourceVersion should not be set on objects to be created');
  const base = text(given, 'metadata', 'generateName');
  const name = text(given, 'metadata', 'name') || (base === '' ? '' : generatedName(base));
  if (name === '') {
    throw invalid(type.group, type.kind, '', [
      {
        reason: 'FieldValueRequired',
        message: 'Required value: name or generateName is required',
        field: 'metadata.name',
      },
    ]);
  }
  const now = server.clock.text();
  const cleared = withoutMeta(
    type.hasStatus ? without(given, 'status') : given,
    'resourceVersion',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'selfLink',
    'generation',
  );
  const object = withMeta(cleared, {
    name,
    ...(type.namespaced ? { namespace } : {}),
    uid: randomUUID(),
    creationTimestamp: now,
    ...(type.custom || type.plural === 'customresourcedefinitions' ? { generation: 1 } : {}),
  });
  const writer = { manager: options.manager, apiVersion: type.apiVersion, subresource: '', hasStatus: type.hasStatus };
  const defaulted = withDefaults(type.plural, object, now);
  const managed = byApply ? defaulted : withManaged(defaulted, managedByUpdate(type.schema, {}, object, writer, now));
  checkObject(type, managed);
  server.admit({ operation: 'CREATE', type, namespace, name, object: managed, before: undefined });
  if (server.store.get(type, type.namespaced ? namespace : '', name) !== undefined) throw alreadyExists(type, name);
  return { object: options.dryRun ? managed : server.store.put(type, managed), created: true };
}

/** Finalizers may not be added, and the uid not changed, by an update. */
function checkImmutable(type: ResourceType, before: JsonObject, next: JsonObject): void {
  const name = text(before, 'metadata', 'name');
  const uid = text(next, 'metadata', 'uid');
  const causes: Cause[] = [];
  if (uid !== '' && uid !== text(before, 'metadata', 'uid')) {
    causes.push({
      reason: 'FieldValueInvalid',
      message: `Invalid value: "${uid}": field is immutable`,
      field: 'metadata.uid',
    });
  }
  const fresh = textsAt(next, 'metadata', 'finalizers').filter(
    (each) => !textsAt(before, 'metadata', 'finalizers').includes(each),
  );
  if (fresh.length > 0 && at(before, 'metadata', 'deletionTimestamp') !== undefined) {
    const found = fresh.map((each) => JSON.stringify(each)).join(', ');
    const message = `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{${found}}`;
    causes.push({ reason: 'FieldValueForbidden', message, field: 'metadata.finalizers' });
  }
  if (causes.length > 0) throw invalid(type.group, type.kind, name, causes, true);
}

const FIXED = [
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generation',
  'uid',
  'namespace',
  'resourceVersion',
];

/** Which part of `next` an endpoint may change: the status endpoint only status, the main one all but status. */
function scoped(type: ResourceType, before: JsonObject, next: JsonObject, subresource: string): JsonObject {
  const status = subresource === 'status' ? next.status : before.status;
  if (!type.hasStatus) return next;
  const rest = without(subresource === 'status' ? before : next, 'status');
  const managed = listed(next);
  const whole: JsonObject = status === undefined ? rest : { ...rest, status };
  return subresource === 'status' ? withManaged(whole, managed) : whole;
}

const listed = (object: JsonObject): Json[] => {
  const fields = at(object, 'metadata', 'managedFields');
  return Array.isArray(fields) ? fields : [];
};

const content = (type: ResourceType, object: JsonObject): JsonObject =>
  type.hasStatus ? without(object, 'metadata', 'status') : without(object, 'metadata');

const untimed = (object: JsonObject): JsonObject =>
  withMeta(object, {
    managedFields: listed(object).map((entry) => (isObject(entry) ? without(entry, 'time') : entry)),
  });

/** Replaces `before` by `next`. The caller has checked that the object exists and that names agree. */
export function update(
  server: Server,
  type: ResourceType,
  before: JsonObject,
  next: JsonObject,
  options: WriteOptions,
  byApply = false,
): Written {
  const name = text(before, 'metadata', 'name');
  const namespace = text(before, 'metadata', 'namespace');
  const version = text(next, 'metadata', 'resourceVersion');
  if (version !== '' && version !== text(before, 'metadata', 'resourceVersion')) throw modified(type, name);
  checkImmutable(type, before, next);
  const fixed = Object.fromEntries(Object.entries(objectAt(before, 'metadata')).filter(([key]) => FIXED.includes(key)));
  const kept = withMeta(withoutMeta(next, ...FIXED, 'selfLink'), { ...fixed, name });
  const whole: JsonObject = {
    ...scoped(type, before, kept, options.subresource),
    apiVersion: type.apiVersion,
    kind: type.kind,
  };
  const writer = {
    manager: options.manager,
    apiVersion: type.apiVersion,
    subresource: options.subresource,
    hasStatus: type.hasStatus,
  };
  const managed = byApply
    ? whole
    : withManaged(whole, managedByUpdate(type.schema, before, whole, writer, server.clock.text()));
  const generation = at(before, 'metadata', 'generation');
  const grown = typeof generation === 'number' && !equal(content(type, before), content(type, managed));
  const object = grown ? withMeta(managed, { generation: generation + 1 }) : managed;
  checkObject(type, object);
  if (options.subresource === '') server.admit({ operation: 'UPDATE', type, namespace, name, object, before });
  if (equal(untimed(object), untimed(before))) return { object: before, created: false };
  if (options.dryRun) return { object, created: false };
  const finished =
    at(object, 'metadata', 'deletionTimestamp') !== undefined && textsAt(object, 'metadata', 'finalizers').length === 0;
  if (finished && type.plural !== 'namespaces') {
    server.store.remove(type, object);
    return { object, created: false };
  }
  return { object: server.store.put(type, object), created: false };
}
