// The resource types that a cluster serves. Those of the CRDs in `crds/` are read once per process and shared by all
// clusters; a cluster keeps only which of them it serves at the moment.

import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Json, JsonObject } from './json.ts';
import { isObject, listAt, objectAt, text, textsAt } from './json.ts';
import type { Schema } from './schema.ts';
import { rootSchema } from './schema.ts';

export interface Column {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  readonly priority: number;
  readonly path: string;
}

export interface ResourceType {
  readonly group: string;
  readonly version: string;
  readonly apiVersion: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly hasStatus: boolean;
  /** Served from a CRD: no strategic merge, generations, structural schema. */
  readonly custom: boolean;
  readonly schema: Schema;
  readonly schemaSource: JsonObject;
  readonly columns: readonly Column[];
}

export const keyOf = (type: { readonly group: string; readonly plural: string }): string =>
  `${type.plural}.${type.group}`;

function columnsOf(version: Json): Column[] {
  return listAt(version, 'additionalPrinterColumns').map((column) => {
    const path = text(column, 'jsonPath');
    return {
      name: text(column, 'name'),
      type: text(column, 'type'),
      format: text(column, 'format'),
      description: text(column, 'description') || `Custom resource definition column (in JSONPath format): ${path}`,
      priority: isObject(column) && typeof column.priority === 'number' ? column.priority : 0,
      path,
    };
  });
}

/** Stored objects are never changed in place, so that the type of a spec is worked out once for all clusters. */
const types = new WeakMap<JsonObject, ResourceType>();

/** The served type that a CustomResourceDefinition describes; undefined when it serves none. */
export function typeOfCrd(crd: JsonObject): ResourceType | undefined {
  const spec = objectAt(crd, 'spec');
  const type = types.get(spec) ?? readType(crd);
  if (type !== undefined) types.set(spec, type);
  return type;
}

function readType(crd: JsonObject): ResourceType | undefined {
  const version = listAt(crd, 'spec', 'versions').find((each) => isObject(each) && each.served === true);
  if (version === undefined) return undefined;
  const group = text(crd, 'spec', 'group');
  const name = text(version, 'name');
  const names = objectAt(crd, 'spec', 'names');
  const source = objectAt(version, 'schema', 'openAPIV3Schema');
  const kind = text(names, 'kind');
  const columns = columnsOf(version);
  const age: Column = {
    name: 'Age',
    type: 'date',
    format: '',
    description: '',
    priority: 0,
    path: '.metadata.creationTimestamp',
  };
  return {
    group,
    version: name,
    apiVersion: `${group}/${name}`,
    plural: text(names, 'plural'),
    singular: text(names, 'singular') || kind.toLowerCase(),
    kind,
    listKind: text(names, 'listKind') || `${kind}List`,
    namespaced: text(crd, 'spec', 'scope') === 'Namespaced',
    shortNames: textsAt(names, 'shortNames'),
    categories: textsAt(names, 'categories'),
    hasStatus: isObject(objectAt(version, 'subresources').status),
    custom: true,
    schema: rootSchema(source),
    schemaSource: source,
    columns: columns.length === 0 ? [age] : columns,
  };
}

const OPEN: JsonObject = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

function builtIn(
  type: Pick<ResourceType, 'group' | 'version' | 'plural' | 'kind' | 'namespaced' | 'shortNames'>,
  columns: readonly [string, string][],
): ResourceType {
  return {
    ...type,
    apiVersion: type.group === '' ? type.version : `${type.group}/${type.version}`,
    singular: type.kind.toLowerCase(),
    listKind: `${type.kind}List`,
    categories: [],
    hasStatus: type.plural === 'namespaces' || type.plural === 'customresourcedefinitions',
    custom: false,
    schema: rootSchema(OPEN),
    schemaSource: OPEN,
    columns: columns.map(([name, path]) => ({
      name,
      type: name === 'Age' ? 'date' : 'string',
      format: '',
      description: '',
      priority: 0,
      path,
    })),
  };
}

const AGE: [string, string] = ['Age', '.metadata.creationTimestamp'];

export const NAMESPACES = builtIn(
  { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false, shortNames: ['ns'] },
  [['Status', '.status.phase'], AGE],
);
const EVENTS = builtIn(
  { group: '', version: 'v1', plural: 'events', kind: 'Event', namespaced: true, shortNames: ['ev'] },
  [
    ['Last Seen', '.lastTimestamp'],
    ['Type', '.type'],
    ['Reason', '.reason'],
    ['Object', '.involvedObject.name'],
    ['Message', '.message'],
  ],
);
export const STORAGE_CLASSES = builtIn(
  {
    group: 'storage.k8s.io',
    version: 'v1',
    plural: 'storageclasses',
    kind: 'StorageClass',
    namespaced: false,
    shortNames: ['sc'],
  },
  [
    ['Provisioner', '.provisioner'],
    ['ReclaimPolicy', '.reclaimPolicy'],
    ['VolumeBindingMode', '.volumeBindingMode'],
    AGE,
  ],
);
export const CRDS = builtIn(
  {
    group: 'apiextensions.k8s.io',
    version: 'v1',
    plural: 'customresourcedefinitions',
    kind: 'CustomResourceDefinition',
    namespaced: false,
    shortNames: ['crd', 'crds'],
  },
  [['Created At', '.metadata.creationTimestamp']],
);

const here = new URL('./crds/', import.meta.url);
let loaded: readonly { readonly crd: JsonObject; readonly type: ResourceType }[] | undefined;

/** The CRDs shipped beside this file, with the types they serve. */
export function shippedCrds(): readonly { readonly crd: JsonObject; readonly type: ResourceType }[] {
  loaded ??= readdirSync(here)
    .filter((name) => name.endsWith('.yaml'))
    .toSorted()
    .flatMap((name) => {
      const crd = parse(readFileSync(new URL(name, here), 'utf8')) as Json;
      if (!isObject(crd)) return [];
      const type = typeOfCrd(crd);
      return type === undefined ? [] : [{ crd, type }];
    });
  return loaded;
}

/** The shipped type with that plural. Throws for a plural that no shipped CRD has. */
export function shippedType(plural: string): ResourceType {
  const found = shippedCrds().find(({ type }) => type.plural === plural);
  if (found === undefined) throw new Error(`no CRD for ${plural}`);
  return found.type;
}

/** The CRD of that plural as it is shipped, with its own name. */
export function shippedCrd(plural: string): { readonly crd: JsonObject; readonly name: string } {
  const found = shippedCrds().find(({ type }) => type.plural === plural);
  if (found === undefined) throw new Error(`no CRD for ${plural}`);
  return { crd: found.crd, name: text(found.crd, 'metadata', 'name') };
}

export class Registry {
  readonly #types = new Map<string, ResourceType>();

  constructor() {
    for (const type of [NAMESPACES, EVENTS, STORAGE_CLASSES, CRDS]) this.#types.set(keyOf(type), type);
  }
  add(type: ResourceType): void {
    this.#types.set(keyOf(type), type);
  }
  remove(type: ResourceType): void {
    this.#types.delete(keyOf(type));
  }
  all(): readonly ResourceType[] {
    return [...this.#types.values()];
  }
  find(group: string, version: string, plural: string): ResourceType | undefined {
    const type = this.#types.get(`${plural}.${group}`);
    return type?.version === version ? type : undefined;
  }
  byPlural(plural: string): ResourceType | undefined {
    return this.all().find((type) => type.plural === plural);
  }
  serves(group: string, version: string): boolean {
    return this.all().some((type) => type.group === group && type.version === version);
  }
}
