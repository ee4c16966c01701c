// OpenAPI, as much as kubectl reads: v3 documents a group version with paths, parameters and schemas, and a v2 document
// in JSON. kubectl looks for the fieldValidation parameter of PATCH there before it leaves validation to the server.

import { createHash } from 'node:crypto';
import type { Json, JsonObject } from './json.ts';
import { objectAt } from './json.ts';
import type { Registry, ResourceType } from './registry.ts';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';
const QUERY = ['dryRun', 'fieldManager', 'fieldValidation', 'force', 'pretty'];

const schemaName = (type: ResourceType): string =>
  type.group === ''
    ? `io.k8s.api.core.${type.version}.${type.kind}`
    : `${type.group.split('.').toReversed().join('.')}.${type.version}.${type.kind}`;

const gvk = (type: ResourceType): JsonObject => ({ group: type.group, version: type.version, kind: type.kind });

const basePath = (type: ResourceType): string =>
  type.group === '' ? `/api/${type.version}` : `/apis/${type.apiVersion}`;

function schemaFor(type: ResourceType, prefix: string): JsonObject {
  const properties = { ...objectAt(type.schemaSource, 'properties'), metadata: { $ref: `${prefix}${META}` } };
  return { ...type.schemaSource, type: 'object', properties, 'x-kubernetes-group-version-kind': [gvk(type)] };
}

function pathsFor(type: ResourceType, v3: boolean): JsonObject {
  const collection = `${basePath(type)}/${type.namespaced ? 'namespaces/{namespace}/' : ''}${type.plural}`;
  const operation = (action: string, verb: string, query: readonly string[]): JsonObject => ({
    operationId: `${verb}${type.kind}`,
    parameters: query.map((name) => ({
      name,
      in: 'query',
      ...(v3 ? { schema: { type: 'string', uniqueItems: true } } : { type: 'string', uniqueItems: true }),
    })),
    responses: { '200': { description: 'OK' } },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk(type),
  });
  const write = QUERY.filter((name) => name !== 'force');
  return {
    [collection]: {
      get: operation('list', 'list', ['limit', 'continue', 'labelSelector', 'fieldSelector', 'watch']),
      post: operation('post', 'create', write),
    },
    [`${collection}/{name}`]: {
      get: operation('get', 'read', []),
      put: operation('put', 'replace', write),
      patch: operation('patch', 'patch', QUERY),
      delete: operation('delete', 'delete', ['dryRun']),
    },
  };
}

const merged = (parts: readonly JsonObject[]): JsonObject => Object.fromEntries(parts.flatMap(Object.entries<Json>));

const metaSchema: JsonObject = {
  [META]: { type: 'object', description: 'ObjectMeta is metadata that all persisted resources must have.' },
};

export function openApiV3Index(registry: Registry): JsonObject {
  const versions = new Set(registry.all().map((type) => basePath(type).slice(1)));
  const paths: JsonObject = {};
  for (const path of versions) {
    const hash = createHash('sha256')
      .update(
        JSON.stringify(
          registry
            .all()
            .filter((type) => basePath(type) === `/${path}`)
            .map((type) => type.plural),
        ),
      )
      .digest('hex')
      .toUpperCase();
    paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` };
  }
  return { paths };
}

/** The document of one group version (`api/v1`, `apis/velero.io/v1`); undefined when it is not served. */
export function openApiV3(registry: Registry, path: string): JsonObject | undefined {
  const types = registry.all().filter((type) => basePath(type) === `/${path}`);
  if (types.length === 0) return undefined;
  const schemas = merged(types.map((type) => ({ [schemaName(type)]: schemaFor(type, '#/components/schemas/') })));
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes CRD Swagger', version: 'v0.1.0' },
    paths: merged(types.map((type) => pathsFor(type, true))),
    components: { schemas: { ...metaSchema, ...schemas } },
  };
}

export function openApiV2(registry: Registry, version: string): JsonObject {
  const types = registry.all();
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version },
    paths: merged(types.map((type) => pathsFor(type, false))),
    definitions: {
      ...metaSchema,
      ...merged(types.map((type) => ({ [schemaName(type)]: schemaFor(type, '#/definitions/') }))),
    },
  };
}
