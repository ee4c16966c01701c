// Who may do what. Tokens name users; rules say verbs on resources, cluster-wide or in namespaces. Refusals are worded
// as the real authorizer words them.

import type { RequestInfo } from './request.ts';
import { failure } from './status.ts';

export interface Rule {
  readonly verbs: readonly string[];
  readonly groups: readonly string[];
  readonly resources: readonly string[];
  /** Absent: cluster-wide. */
  readonly namespaces?: readonly string[];
}

export interface User {
  readonly name: string;
  readonly groups: readonly string[];
  /** 'all' for the administrator; read at every request, so that rules may change at run time. */
  readonly rules: 'all' | (() => readonly Rule[]);
}

export interface Attributes {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}

const has = (list: readonly string[], value: string): boolean => list.includes('*') || list.includes(value);

const EVERYONE: readonly Rule[] = [
  {
    verbs: ['create'],
    groups: ['authorization.k8s.io'],
    resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
  },
  { verbs: ['create'], groups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'] },
];

export const OPEN_PATHS = [
  '/api',
  '/api/*',
  '/apis',
  '/apis/*',
  '/healthz',
  '/livez',
  '/openapi',
  '/openapi/*',
  '/readyz',
  '/version',
  '/version/',
];

const rulesOf = (user: User): readonly Rule[] => (user.rules === 'all' ? [] : [...EVERYONE, ...user.rules()]);

export function allowed(user: User, wanted: Attributes): boolean {
  if (user.rules === 'all') return true;
  const resource = wanted.subresource === '' ? wanted.resource : `${wanted.resource}/${wanted.subresource}`;
  return rulesOf(user).some(
    (rule) =>
      has(rule.verbs, wanted.verb) &&
      has(rule.groups, wanted.group) &&
      has(rule.resources, resource) &&
      (rule.namespaces === undefined || (wanted.namespace !== '' && rule.namespaces.includes(wanted.namespace))),
  );
}

export function pathAllowed(user: User, path: string): boolean {
  if (user.rules === 'all') return true;
  return OPEN_PATHS.some((open) => (open.endsWith('*') ? path.startsWith(open.slice(0, -1)) : path === open));
}

/** Throws the 403 of a request that the user may not make. */
export function authorize(user: User, info: RequestInfo): void {
  if (!info.isResource) {
    if (pathAllowed(user, info.path)) return;
    throw failure(403, 'Forbidden', `forbidden: User "${user.name}" cannot ${info.verb} path "${info.path}"`, {});
  }
  if (allowed(user, info)) return;
  const full = info.group === '' ? info.resource : `${info.resource}.${info.group}`;
  const named = info.name === '' ? full : `${full} "${info.name}"`;
  const resource = info.subresource === '' ? info.resource : `${info.resource}/${info.subresource}`;
  const where = info.namespace === '' ? 'at the cluster scope' : `in the namespace "${info.namespace}"`;
  const message = `${named} is forbidden: User "${user.name}" cannot ${info.verb} resource "${resource}" in API group "${info.group}" ${where}`;
  throw failure(403, 'Forbidden', message, {
    ...(info.name === '' ? {} : { name: info.name }),
    ...(info.group === '' ? {} : { group: info.group }),
    kind: info.resource,
  });
}

/** The rules that hold for the user in a namespace, as SelfSubjectRulesReview tells them. */
export function rulesIn(user: User, namespace: string): readonly Rule[] {
  if (user.rules === 'all') return [{ verbs: ['*'], groups: ['*'], resources: ['*'] }];
  return rulesOf(user).filter((rule) => rule.namespaces === undefined || rule.namespaces.includes(namespace));
}
