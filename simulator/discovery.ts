// Discovery: what the cluster serves, in the old form (/api, /apis, a list a group version) and in the aggregated form
// that kubectl asks for first.

import type { Json, JsonObject } from './json.ts';
import type { Registry, ResourceType } from './registry.ts';

const CUSTOM_VERBS = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch'];
const BUILT_IN_VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const STATUS_VERBS = ['get', 'patch', 'update'];
const REVIEWS: readonly [string, string, string][] = [
  ['selfsubjectaccessreviews', 'selfsubjectaccessreview', 'SelfSubjectAccessReview'],
  ['selfsubjectrulesreviews', 'selfsubjectrulesreview', 'SelfSubjectRulesReview'],
];
const REVIEW_GROUP = 'authorization.k8s.io';

const verbsOf = (type: ResourceType): string[] => [...(type.custom ? CUSTOM_VERBS : BUILT_IN_VERBS)];

export const apiVersions = (address: string): JsonObject => ({
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: address }],
});

function groupsOf(registry: Registry): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>([[REVIEW_GROUP, ['v1']]]);
  for (const type of registry.all()) {
    if (type.group === '') continue;
    const versions = groups.get(type.group) ?? [];
    if (!versions.includes(type.version)) versions.push(type.version);
    groups.set(type.group, versions);
  }
  return groups;
}

const groupBody = (name: string, versions: readonly string[]): JsonObject => {
  const listed: Json[] = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: listed, preferredVersion: listed[0] ?? null };
};

export const apiGroupList = (registry: Registry): JsonObject => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: [...groupsOf(registry)].map(([name, versions]) => groupBody(name, versions)),
});

export function apiGroup(registry: Registry, name: string): JsonObject | undefined {
  const versions = groupsOf(registry).get(name);
  return versions === undefined ? undefined : { kind: 'APIGroup', apiVersion: 'v1', ...groupBody(name, versions) };
}

export function resourceList(registry: Registry, group: string, version: string): JsonObject | undefined {
  const groupVersion = group === '' ? version : `${group}/${version}`;
  const resources: Json[] = registry
    .all()
    .filter((type) => type.group === group && type.version === version)
    .flatMap((type) => [
      {
        name: type.plural,
        singularName: type.singular,
        namespaced: type.namespaced,
        kind: type.kind,
        verbs: verbsOf(type),
        ...(type.shortNames.length === 0 ? {} : { shortNames: [...type.shortNames] }),
        ...(type.categories.length === 0 ? {} : { categories: [...type.categories] }),
      },
      ...(type.hasStatus
        ? [
            {
              name: `${type.plural}/status`,
              singularName: '',
              namespaced: type.namespaced,
              kind: type.kind,
              verbs: [...STATUS_VERBS],
            },
          ]
        : []),
    ]);
  if (group === REVIEW_GROUP) {
    resources.push(
      ...REVIEWS.map(([name, singularName, kind]) => ({
        name,
        singularName,
        namespaced: false,
        kind,
        verbs: ['create'],
      })),
    );
  }
  return resources.length === 0 ? undefined : { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources };
}

function aggregatedResource(type: ResourceType): JsonObject {
  const responseKind: JsonObject = { group: type.group, version: type.version, kind: type.kind };
  return {
    resource: type.plural,
    responseKind,
    scope: type.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: type.singular,
    verbs: verbsOf(type),
    ...(type.shortNames.length === 0 ? {} : { shortNames: [...type.shortNames] }),
    ...(type.categories.length === 0 ? {} : { categories: [...type.categories] }),
    ...(type.hasStatus ? { subresources: [{ subresource: 'status', responseKind, verbs: [...STATUS_VERBS] }] } : {}),
  };
}

/** apidiscovery.k8s.io v2 (or v2beta1, which differs only in name) for /api (`core`) or /apis. */
export function aggregated(registry: Registry, core: boolean, apiVersion: string): JsonObject {
  const names = core ? new Map([['', ['v1']]]) : groupsOf(registry);
  const items: Json[] = [...names].map(([group, versions]) => ({
    metadata: group === '' ? {} : { name: group },
    versions: versions.map((version) => {
      const served = registry
        .all()
        .filter((type) => type.group === group && type.version === version)
        .map(aggregatedResource);
      const reviews =
        group === REVIEW_GROUP
          ? REVIEWS.map(
              ([resource, singularResource, kind]): JsonObject => ({
                resource,
                responseKind: { group, version, kind },
                scope: 'Cluster',
                singularResource,
                verbs: ['create'],
              }),
            )
          : [];
      return { version, resources: [...served, ...reviews], freshness: 'Current' };
    }),
  }));
  return { kind: 'APIGroupDiscoveryList', apiVersion, metadata: {}, items };
}

/** True when the API group version exists, even if it serves nothing but reviews. */
export const known = (registry: Registry, group: string, version: string): boolean =>
  (group === REVIEW_GROUP && version === 'v1') || registry.serves(group, version);
