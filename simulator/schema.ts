// Structural schemas: what a CustomResourceDefinition says about its objects, read once and shared by all clusters of
// the process. `childOf` answers, for any key, which schema rules it and whether the key was declared by name; that
// distinction decides pruning, validation and who owns what in server-side apply.

import type { Json, JsonObject } from './json.ts';
import { at, isObject, objectAt, text, textsAt } from './json.ts';

export interface Schema {
  readonly type: string | undefined;
  readonly format: string | undefined;
  readonly nullable: boolean;
  readonly enum: readonly Json[] | undefined;
  readonly minLength: number | undefined;
  readonly maxLength: number | undefined;
  readonly minimum: number | undefined;
  readonly required: readonly string[];
  readonly properties: ReadonlyMap<string, Schema>;
  readonly additional: Schema | undefined;
  readonly items: Schema | undefined;
  readonly listType: 'atomic' | 'set' | 'map';
  readonly listKeys: readonly string[];
  /** Unknown keys are kept and have no schema of their own. */
  readonly open: boolean;
}

const numberAt = (source: JsonObject, key: string): number | undefined => {
  const value = source[key];
  return typeof value === 'number' ? value : undefined;
};

function schemaOf(source: JsonObject): Schema {
  const properties = new Map<string, Schema>();
  for (const [key, value] of Object.entries(objectAt(source, 'properties'))) {
    if (isObject(value)) properties.set(key, schemaOf(value));
  }
  const additional = at(source, 'additionalProperties');
  const items = at(source, 'items');
  const values = at(source, 'enum');
  const listType = text(source, 'x-kubernetes-list-type');
  return {
    type: typeof source.type === 'string' ? source.type : undefined,
    format: typeof source.format === 'string' ? source.format : undefined,
    nullable: source.nullable === true,
    enum: Array.isArray(values) ? values : undefined,
    minLength: numberAt(source, 'minLength'),
    maxLength: numberAt(source, 'maxLength'),
    minimum: numberAt(source, 'minimum'),
    required: textsAt(source, 'required').toSorted(),
    properties,
    additional: isObject(additional) ? schemaOf(additional) : undefined,
    items: isObject(items) ? schemaOf(items) : undefined,
    listType: listType === 'map' || listType === 'set' ? listType : 'atomic',
    listKeys: textsAt(source, 'x-kubernetes-list-map-keys'),
    open: source['x-kubernetes-preserve-unknown-fields'] === true,
  };
}

export const UNTYPED: Schema = schemaOf({ 'x-kubernetes-preserve-unknown-fields': true });

const stringMap: JsonObject = { type: 'object', additionalProperties: { type: 'string' } };

const OBJECT_META: Schema = schemaOf({
  type: 'object',
  properties: {
    name: { type: 'string' },
    generateName: { type: 'string' },
    namespace: { type: 'string' },
    selfLink: { type: 'string' },
    uid: { type: 'string' },
    resourceVersion: { type: 'string' },
    generation: { type: 'integer' },
    creationTimestamp: { type: 'string', nullable: true },
    deletionTimestamp: { type: 'string', nullable: true },
    deletionGracePeriodSeconds: { type: 'integer' },
    labels: stringMap,
    annotations: stringMap,
    finalizers: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
    ownerReferences: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['uid'],
      items: {
        type: 'object',
        properties: {
          apiVersion: { type: 'string' },
          kind: { type: 'string' },
          name: { type: 'string' },
          uid: { type: 'string' },
          controller: { type: 'boolean' },
          blockOwnerDeletion: { type: 'boolean' },
        },
      },
    },
    managedFields: { type: 'array', items: { 'x-kubernetes-preserve-unknown-fields': true } },
  },
});

/** The schema of a whole object: the CRD's, with the metadata that every object has. */
export function rootSchema(source: JsonObject): Schema {
  const schema = schemaOf(source);
  const own = [...schema.properties].filter(([key]) => key !== 'metadata');
  const string = schemaOf({ type: 'string' });
  const head: [string, Schema][] = [
    ['apiVersion', string],
    ['kind', string],
    ['metadata', OBJECT_META],
  ];
  return { ...schema, properties: new Map([...own, ...head]) };
}

export function childOf(
  schema: Schema,
  key: string,
): { readonly schema: Schema; readonly declared: boolean } | undefined {
  const declared = schema.properties.get(key);
  if (declared !== undefined) return { schema: declared, declared: true };
  if (schema.additional !== undefined) return { schema: schema.additional, declared: false };
  return schema.open ? { schema: UNTYPED, declared: false } : undefined;
}
