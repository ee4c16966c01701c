// SelfSubjectAccessReview and SelfSubjectRulesReview: what the asking user may do.

import type { Json, JsonObject } from './json.ts';
import { at, objectAt, text } from './json.ts';
import type { User } from './rbac.ts';
import { allowed, OPEN_PATHS, pathAllowed, rulesIn } from './rbac.ts';
import { badRequest, invalid } from './status.ts';

const GROUP = 'authorization.k8s.io';

export function accessReview(user: User, review: JsonObject): JsonObject {
  const wanted = at(review, 'spec', 'resourceAttributes');
  const path = at(review, 'spec', 'nonResourceAttributes');
  if ((wanted === undefined) === (path === undefined)) {
    const message = 'Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified';
    throw invalid(GROUP, '', '', [{ reason: 'FieldValueInvalid', message, field: 'spec.resourceAttributes' }]);
  }
  const of = (key: string): string => text(wanted, key);
  const yes =
    wanted === undefined
      ? pathAllowed(user, text(path, 'path'))
      : allowed(user, {
          verb: of('verb'),
          group: of('group'),
          resource: of('resource'),
          subresource: of('subresource'),
          namespace: of('namespace'),
          name: of('name'),
        });
  return {
    kind: 'SelfSubjectAccessReview',
    apiVersion: `${GROUP}/v1`,
    metadata: {},
    spec: objectAt(review, 'spec'),
    status: { allowed: yes },
  };
}

export function rulesReview(user: User, review: JsonObject): JsonObject {
  const namespace = text(review, 'spec', 'namespace');
  if (namespace === '') throw badRequest('no namespace on request');
  const rules: Json[] = rulesIn(user, namespace).map((rule) => ({
    verbs: [...rule.verbs],
    apiGroups: [...rule.groups],
    resources: [...rule.resources],
  }));
  const status: JsonObject = {
    resourceRules: rules,
    nonResourceRules: [
      {
        verbs: user.rules === 'all' ? ['*'] : ['get'],
        nonResourceURLs: user.rules === 'all' ? ['*'] : [...OPEN_PATHS],
      },
    ],
    incomplete: false,
  };
  return { kind: 'SelfSubjectRulesReview', apiVersion: `${GROUP}/v1`, metadata: {}, spec: {}, status };
}
