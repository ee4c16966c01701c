/**
 * The lists of a discovery: storage locations, snapshot and storage classes, gated namespaces, the operator's own
 * Cluster, and the custom resources that are served. The rights to most of them are optional.
 */
import { z } from 'zod';
import type { Discovery } from '../../core/clusters/rules/discovery.ts';
import { Condition, clip } from '../../core/kernel/rules/condition.ts';
import { ObservedInstant } from '../../core/kernel/rules/observed-conditions.ts';
import {
  findingOf,
  findingOfList,
  isAbsent,
  isForbidden,
  type QueriedList,
  type Query,
  type QueryResult,
  queryList,
} from './query.ts';

const text = z.string().min(1).max(1024);
const optionalText = text.optional().catch(undefined);
const clippedText = z
  .string()
  .min(1)
  .transform((message) => clip(message))
  .optional()
  .catch(undefined);
const isTrue = z.literal(true).optional().catch(undefined);
const instant = ObservedInstant.transform((at) => (at === undefined ? undefined : new Date(at).toISOString()));
const annotated = z.object({
  name: text,
  annotations: z.record(z.string(), z.string()).optional().catch(undefined),
  labels: z.record(z.string(), z.string()).optional().catch(undefined),
});

const Uid = z.object({ metadata: z.object({ uid: z.string().regex(/^[\x21-\x7e]{1,128}$/) }) });

/** The namespace kube-system is made with the cluster, so its uid is the cluster's. */
export async function identity(query: Query, now: string): Promise<NonNullable<Discovery['identity']>> {
  const found = await query({ method: 'GET', path: '/api/v1/namespaces/kube-system' }, Uid);
  const uid = found.value?.metadata.uid;
  return { ...findingOf(found, now), ...(uid !== undefined && { uid }) };
}

const Location = z
  .object({
    metadata: z.object({ name: text, namespace: text }),
    spec: z.object({ default: isTrue, provider: optionalText, accessMode: optionalText }).catch({}),
    status: z
      .object({ phase: optionalText, message: clippedText, lastValidationTime: instant })
      .optional()
      .catch(undefined),
  })
  .transform(({ metadata, spec, status }) => ({
    name: metadata.name,
    namespace: metadata.namespace,
    phase: status?.phase === 'Available' ? ('Available' as const) : ('Unavailable' as const),
    default: spec.default === true,
    ...(spec.provider !== undefined && { provider: spec.provider }),
    ...(spec.accessMode !== undefined && { accessMode: spec.accessMode }),
    ...(status?.message !== undefined && { message: status.message }),
    ...(status?.lastValidationTime !== undefined && { lastValidatedAt: status.lastValidationTime }),
  }));

/** Where the whole cluster may not be listed, Velero's namespace is: a Role of Velero's reaches that far. */
export async function storageLocations(query: Query, now: string): Promise<Discovery['storageLocations']> {
  const everywhere = await queryList(query, '/apis/velero.io/v1/backupstoragelocations', Location);
  if (!isForbidden(everywhere)) return findingOfList(everywhere, now);
  const inVeleroNamespace = await queryList(
    query,
    '/apis/velero.io/v1/namespaces/velero/backupstoragelocations',
    Location,
  );
  return findingOfList(inVeleroNamespace.value === undefined ? everywhere : inVeleroNamespace, now);
}

const SnapshotClass = z
  .object({ metadata: annotated, driver: text, deletionPolicy: optionalText })
  .transform(({ metadata, driver, deletionPolicy }) => ({
    name: metadata.name,
    driver,
    ...(deletionPolicy !== undefined && { deletionPolicy }),
    default: metadata.annotations?.['snapshot.storage.kubernetes.io/is-default-class'] === 'true',
  }));

export async function volumeSnapshotClasses(query: Query, now: string): Promise<Discovery['volumeSnapshotClasses']> {
  return findingOfList(
    await queryList(query, '/apis/snapshot.storage.k8s.io/v1/volumesnapshotclasses', SnapshotClass),
    now,
  );
}

const ClassOfStorage = z.object({ metadata: annotated, provisioner: text }).transform(({ metadata, provisioner }) => ({
  name: metadata.name,
  provisioner,
  default: metadata.annotations?.['storageclass.kubernetes.io/is-default-class'] === 'true',
}));

export async function storageClasses(query: Query, now: string): Promise<Discovery['storageClasses']> {
  return findingOfList(await queryList(query, '/apis/storage.k8s.io/v1/storageclasses', ClassOfStorage), now);
}

const allowedTypes = 'ops.vworkspace.io/allowed-types';
const gates = ['managed-by', 'app.vworkspace.io/managed-by'] as const;
const Namespace = z.object({ metadata: annotated }).transform(({ metadata }) => {
  const types = metadata.annotations?.[allowedTypes]?.split(',').flatMap((type) => type.trim() || []);
  return {
    name: metadata.name,
    ...(types !== undefined && types.length > 0 && { allowedTypes: types }),
    gated: gates.some((label) => metadata.labels?.[label] === 'vworkspace'),
  };
});
type Namespace = z.infer<typeof Namespace>;

/** Either label opens a namespace. Where namespaces may not be listed, those with applications are read by name. */
export async function gatedNamespaces(
  query: Query,
  now: string,
  known: readonly string[],
): Promise<Discovery['namespaces']> {
  const found = new Map<string, Namespace>();
  let truncated = false;
  for (const label of gates) {
    const result = await queryList(query, '/api/v1/namespaces', Namespace, { labelSelector: `${label}=vworkspace` });
    if (result.value === undefined)
      return isForbidden(result) ? readByName(query, now, known, result) : findingOfList(result, now);
    truncated ||= result.value.truncated;
    for (const each of result.value.items) found.set(each.name, each);
  }
  return findingOfNamespaces([...found.values()], truncated, now);
}

async function readByName(
  query: Query,
  now: string,
  known: readonly string[],
  forbidden: QueryResult<QueriedList<Namespace>>,
): Promise<Discovery['namespaces']> {
  const found: Namespace[] = [];
  // One that may not be read says nothing about the others.
  for (const name of known) {
    const result = await query({ method: 'GET', path: `/api/v1/namespaces/${encodeURIComponent(name)}` }, Namespace);
    if (result.value !== undefined) found.push(result.value);
  }
  // Only those with applications were read: there may be more.
  return found.length === 0 ? findingOfList(forbidden, now) : findingOfNamespaces(found, true, now);
}

function findingOfNamespaces(
  namespaces: readonly Namespace[],
  truncated: boolean,
  now: string,
): Discovery['namespaces'] {
  const items = namespaces.filter(({ gated }) => gated).map(({ gated: _, ...rest }) => rest);
  items.sort((a, b) => (a.name < b.name ? -1 : 1));
  const closed = namespaces.filter(({ gated }) => !gated).map(({ name }) => name);
  const listed = findingOfList(
    { value: { items: items.slice(0, 200), truncated: truncated || items.length > 200 } },
    now,
  );
  return { ...listed, ...(closed.length > 0 && { closed }) };
}

const Operator = z
  .object({
    metadata: annotated,
    status: z
      .object({
        operatorVersion: optionalText,
        version: optionalText,
        conditions: z.array(z.unknown()).optional().catch(undefined),
      })
      .optional()
      .catch(undefined),
  })
  .transform(({ metadata, status }) => {
    const version = status?.operatorVersion ?? status?.version ?? metadata.labels?.['app.kubernetes.io/version'];
    return {
      name: metadata.name,
      ...(version !== undefined && { version }),
      conditions: (status?.conditions ?? []).slice(0, 50).flatMap((each) => Condition.safeParse(each).data ?? []),
    };
  });

export async function operators(query: Query, now: string): Promise<Discovery['operator']> {
  return findingOfList(await queryList(query, '/apis/ops.vworkspace.io/v1alpha1/clusters', Operator), now);
}

const needed = [
  { group: 'ops.vworkspace.io', resource: 'operations' },
  { group: 'apps.vworkspace.io', resource: 'applicationinstances' },
] as const;
const Group = z.object({ versions: z.array(z.object({ version: text })) });
const Resources = z.object({ resources: z.array(z.object({ name: z.string() })) });
const maxVersionCount = 4;

/** Every account may make these queries, so a resource that is missing in the answers is missing in the cluster. */
export async function customResources(query: Query, now: string): Promise<Discovery['customResources']> {
  const items: NonNullable<Discovery['customResources']['items']> = [];
  for (const { group, resource } of needed) {
    const served = await query({ method: 'GET', path: `/apis/${group}` }, Group);
    if (served.value === undefined && !isAbsent(served)) return findingOf(served, now);
    const versions: string[] = [];
    for (const { version } of served.value?.versions.slice(0, maxVersionCount) ?? []) {
      const listed = await query({ method: 'GET', path: `/apis/${group}/${version}` }, Resources);
      if (listed.value === undefined && !isAbsent(listed)) return findingOf(listed, now);
      if (listed.value?.resources.some(({ name }) => name === resource)) versions.push(version);
    }
    const parameters = resource === 'operations' ? await declaredParameters(query) : undefined;
    items.push({ group, resource, versions, ...(parameters !== undefined && { parameters }) });
  }
  return { status: 'Known', checkedAt: now, items };
}

const Parameters = z.object({
  properties: z.record(z.string(), z.unknown()),
  additionalProperties: z.literal(false).optional(),
  'x-kubernetes-preserve-unknown-fields': z.literal(false).optional(),
});
const OpenApi = z.object({ components: z.object({ schemas: z.record(z.string(), z.unknown()) }) });
const OperationSchema = z.object({
  properties: z.object({ spec: z.object({ properties: z.object({ parameters: Parameters }) }) }),
  'x-kubernetes-group-version-kind': z.array(z.object({ kind: z.literal('Operation') })).min(1),
});

async function declaredParameters(query: Query): Promise<string[] | undefined> {
  const { value } = await query({ method: 'GET', path: '/openapi/v3/apis/ops.vworkspace.io/v1alpha1' }, OpenApi);
  const [schema] = Object.values(value?.components.schemas ?? {}).flatMap(
    (each) => OperationSchema.safeParse(each).data ?? [],
  );
  return schema === undefined
    ? undefined
    : Object.keys(schema.properties.spec.properties.parameters.properties).slice(0, 200);
}
