/**
 * What a cluster is and what our credentials may do there: version, whether it serves Operations, and one
 * SelfSubjectAccessReview for each right that is needed. What could not be asked is Unknown, never left out and never
 * taken for No. All of it together ends within the time of one call.
 *
 * Rights to write are usually granted in the namespaces of the applications only. So a write that is not allowed
 * everywhere is asked again in up to three namespaces that hold an application, and counts if one of them allows it;
 * without such a namespace it is Unknown.
 */
import { z } from 'zod';
import type { Discovery } from '../domain/cluster.ts';
import type { ClusterFailure } from '../domain/delivery.ts';
import type { Connection, Limits, Request } from './connection.ts';
import { failureOf } from './failures.ts';
import { jsonOf } from './json.ts';
import { unreachable } from './network.ts';
import { groupVersion } from './operations.ts';

export const neededPermissions = [
  ...['create', 'get', 'list', 'watch', 'patch', 'delete'].map((verb) => ({
    verb,
    resource: 'operations',
    group: 'ops.vworkspace.io',
  })),
  ...['list', 'watch'].map((verb) => ({ verb, resource: 'applicationinstances', group: 'apps.vworkspace.io' })),
] as const;

export interface Discovered {
  readonly discovery: Discovery;
  readonly failure?: ClusterFailure;
}

export async function discoverCluster(connection: Connection, limits: Limits, now: string): Promise<Discovered> {
  const endsAt = performance.now() + limits.seconds * 1000;
  const ask = <T>(request: Request, schema: z.ZodType<T>) =>
    asked(connection, { ...limits, seconds: Math.max(0.001, (endsAt - performance.now()) / 1000) }, request, schema);
  const version = await ask({ method: 'GET', path: '/version' }, z.object({ gitVersion: z.string().max(256) }));
  if (version.failure?.kind === 'Unreachable' || version.failure?.kind === 'CredentialsRejected')
    return nothingDiscovered(now, version.failure);

  const served = await ask(
    { method: 'GET', path: `/apis/${groupVersion}` },
    z.object({ resources: z.array(z.object({ name: z.string() })) }),
  );
  const namespaces = await ask(
    { method: 'GET', path: '/apis/apps.vworkspace.io/v1alpha1/applicationinstances?limit=100' },
    Applications,
  );
  const reviews = await Promise.all(
    neededPermissions.map((permission) => allowedTo(permission, namespaces.value ?? [], ask)),
  );
  const missing = served.failure?.kind === 'Refused' && served.failure.status === 404;
  return told(
    now,
    version.value?.gitVersion,
    missing
      ? 'Missing'
      : served.value === undefined
        ? 'Unknown'
        : served.value.resources.some(({ name }) => name === 'operations')
          ? 'Installed'
          : 'Missing',
    reviews.map(({ value }) => value ?? 'Unknown'),
    [version.failure, missing ? undefined : served.failure, ...reviews.map(({ failure }) => failure)],
  );
}

export function nothingDiscovered(now: string, failure: ClusterFailure): Discovered {
  return told(now, undefined, 'Unknown', [], [failure]);
}

type Allowed = Discovery['permissions'][number]['allowed'];

function told(
  now: string,
  serverVersion: string | undefined,
  operationCrd: Discovery['operationCrd'],
  allowed: readonly Allowed[],
  failures: readonly (ClusterFailure | undefined)[],
): Discovered {
  const failure = failures.find((each) => each !== undefined);
  return {
    discovery: {
      checkedAt: now,
      ...(serverVersion !== undefined && { serverVersion }),
      operationCrd,
      permissions: neededPermissions.map(({ verb, resource }, index) => ({
        verb,
        resource,
        allowed: allowed[index] ?? 'Unknown',
      })),
      ...(failure !== undefined && { problem: failure.message }),
    },
    ...(failure !== undefined && { failure }),
  };
}

const Review = z
  .object({ status: z.object({ allowed: z.boolean() }) })
  .transform(({ status }): Allowed => (status.allowed ? 'Yes' : 'No'));

const maxNamespaceCount = 3;
const Applications = z
  .object({ items: z.array(z.object({ metadata: z.object({ namespace: z.string().min(1) }) })) })
  .transform(({ items }) => [...new Set(items.map(({ metadata }) => metadata.namespace))].slice(0, maxNamespaceCount));

type Ask = <T>(request: Request, schema: z.ZodType<T>) => Promise<Asked<T>>;

async function allowedTo(permission: Permission, namespaces: readonly string[], ask: Ask): Promise<Asked<Allowed>> {
  const everywhere = await ask(reviewOf(permission), Review);
  const reads = permission.verb === 'get' || permission.verb === 'list' || permission.verb === 'watch';
  if (everywhere.value !== 'No' || reads) return everywhere;
  const within = await Promise.all(namespaces.map((namespace) => ask(reviewOf(permission, namespace), Review)));
  return (
    within.find(({ value }) => value === 'Yes') ??
    within.find(({ failure }) => failure !== undefined) ??
    within[0] ??
    {}
  );
}

type Permission = (typeof neededPermissions)[number];

function reviewOf({ verb, resource, group }: Permission, namespace?: string): Request {
  return {
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { group, resource, verb, ...(namespace !== undefined && { namespace }) } },
    }),
  };
}

interface Asked<T> {
  readonly value?: T;
  readonly failure?: ClusterFailure;
}

async function asked<T>(
  connection: Connection,
  limits: Limits,
  request: Request,
  schema: z.ZodType<T>,
): Promise<Asked<T>> {
  try {
    const answer = await connection.call(request, limits);
    const parsed = answer.status < 300 ? schema.safeParse(jsonOf(answer.text)) : undefined;
    return parsed?.success === true ? { value: parsed.data } : { failure: failureOf(answer, Date.now()) };
  } catch (error) {
    return { failure: unreachable(error) };
  }
}
