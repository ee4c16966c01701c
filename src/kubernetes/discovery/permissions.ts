/**
 * What the credential may do. Each right is asked for the whole cluster first. One that is not given there is looked
 * for in the namespaces that hold an application, because rights to write are usually granted there only. One review of
 * all rules serves for each namespace; where it is incomplete, the right itself is asked for.
 */
import { z } from 'zod';
import type { Discovery, Permission } from '../../core/clusters/rules/discovery.ts';
import type { Request } from '../http/client.ts';
import { findingOf, type Query, type QueryResult } from './query.ts';

export const neededPermissions = [
  ...['create', 'get', 'list', 'watch', 'patch', 'delete'].map((verb) => ({
    verb,
    group: 'ops.vworkspace.io',
    resource: 'operations',
  })),
  ...['get', 'list', 'watch'].map((verb) => ({ verb, group: 'apps.vworkspace.io', resource: 'applicationinstances' })),
] as const;
type Needed = (typeof neededPermissions)[number];

const maxNamespaceCount = 10;
const AccessReview = z.object({ status: z.object({ allowed: z.boolean() }) }).transform(({ status }) => status.allowed);
const RulesReview = z
  .object({
    status: z.object({
      resourceRules: z.array(
        z.object({
          verbs: z.array(z.string()),
          apiGroups: z.array(z.string()).default([]),
          resources: z.array(z.string()).default([]),
          resourceNames: z.array(z.string()).nullish(),
        }),
      ),
      incomplete: z.boolean().catch(true),
    }),
  })
  .transform(({ status }) => status);
type Rules = z.infer<typeof RulesReview>;

const Applications = z
  .object({ items: z.array(z.object({ metadata: z.object({ namespace: z.string().min(1) }) })) })
  .transform(({ items }) => [...new Set(items.map(({ metadata }) => metadata.namespace))]);

/** `namespaces` are those with registered applications. If there are none, the cluster's own applications say where. */
export async function permissions(
  query: Query,
  now: string,
  namespaces: readonly string[],
): Promise<Discovery['permissions']> {
  const everywhere: QueryResult<boolean>[] = [];
  for (const needed of neededPermissions) everywhere.push(await query(accessReview(needed), AccessReview));
  const places = everywhere.some(({ value }) => value === false)
    ? (namespaces.length > 0 ? namespaces : await applicationNamespaces(query)).slice(0, maxNamespaceCount)
    : [];
  const rules = new Map<string, QueryResult<Rules>>();
  for (const namespace of places) rules.set(namespace, await query(rulesReview(namespace), RulesReview));

  const items: Permission[] = [];
  for (const [index, needed] of neededPermissions.entries()) {
    const { value } = everywhere[index] ?? {};
    if (value !== false) items.push({ ...needed, allowed: value === true ? 'Yes' : 'Unknown' });
    else items.push(await permissionInNamespaces(query, needed, rules));
  }
  const [failed] = everywhere.filter((result) => result.value === undefined);
  if (failed !== undefined && everywhere.every((result) => result.value === undefined)) return findingOf(failed, now);
  const problem = failed === undefined ? undefined : findingOf(failed, now).problem;
  return { status: 'Known', checkedAt: now, ...(problem !== undefined && { problem }), items };
}

async function applicationNamespaces(query: Query): Promise<readonly string[]> {
  const path = '/apis/apps.vworkspace.io/v1alpha1/applicationinstances?limit=100';
  return (await query({ method: 'GET', path }, Applications)).value ?? [];
}

async function permissionInNamespaces(
  query: Query,
  needed: Needed,
  rules: ReadonlyMap<string, QueryResult<Rules>>,
): Promise<Permission> {
  const namespaces: string[] = [];
  const deniedIn: string[] = [];
  for (const [namespace, { value }] of rules) {
    const granted = value === undefined ? undefined : grants(value, needed);
    const allowed = granted ?? (await query(accessReview(needed, namespace), AccessReview)).value;
    if (allowed === true) namespaces.push(namespace);
    if (allowed === false) deniedIn.push(namespace);
  }
  return {
    ...needed,
    allowed: namespaces.length > 0 ? 'Yes' : deniedIn.length > 0 ? 'No' : 'Unknown',
    ...(namespaces.length > 0 && { namespaces }),
    ...(deniedIn.length > 0 && { deniedIn }),
  };
}

/** `undefined` when no rule grants it and the rules are incomplete. */
function grants({ resourceRules, incomplete }: Rules, { verb, group, resource }: Needed): boolean | undefined {
  const has = (list: readonly string[], value: string) => list.includes('*') || list.includes(value);
  const granted = resourceRules.some(
    (rule) =>
      has(rule.verbs, verb) &&
      has(rule.apiGroups, group) &&
      has(rule.resources, resource) &&
      (rule.resourceNames ?? []).length === 0,
  );
  return granted || !incomplete ? granted : undefined;
}

function review(kind: string, spec: object): Request {
  return {
    method: 'POST',
    path: `/apis/authorization.k8s.io/v1/${kind.toLowerCase()}s`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ apiVersion: 'authorization.k8s.io/v1', kind, spec }),
  };
}

function accessReview({ verb, resource, group }: Needed, namespace?: string): Request {
  const where = namespace === undefined ? {} : { namespace };
  return review('SelfSubjectAccessReview', { resourceAttributes: { group, resource, verb, ...where } });
}

function rulesReview(namespace: string): Request {
  return review('SelfSubjectRulesReview', { namespace });
}
