/** The conditions of a cluster that follow from a call to it, from a check, and from its credentials. */

import { clip, type ReportedCondition } from '../../kernel/rules/condition.ts';
import type { Discovery } from './discovery.ts';
import type { ClusterFailure } from './failure.ts';
import { clusterCondition, type clusterConditions } from './reasons.ts';

type Types = typeof clusterConditions;

/** The store sets the transition time. */
function reported<Type extends keyof Types>(
  type: Type,
  status: ReportedCondition['status'],
  reason: keyof Types[Type]['reasons'] & string,
  message: string,
): ReportedCondition {
  return clusterCondition(type, status, reason, message, '');
}

/** The conditions Reachable and Authenticated after a call. `failure` is absent when it succeeded. */
export function callConditions(failure: ClusterFailure | undefined): readonly ReportedCondition[] {
  if (failure?.kind === 'Unreachable') {
    return [
      reported('Reachable', 'False', 'Unreachable', failure.message),
      reported('Authenticated', 'Unknown', 'Unreachable', 'The cluster could not be asked.'),
    ];
  }
  if (failure?.kind === 'ServerError' && failure.notApiServer === true) {
    return [
      reported('Reachable', 'False', 'NotApiServer', failure.message),
      reported('Authenticated', 'Unknown', 'NotApiServer', 'The API server could not be asked.'),
    ];
  }
  const reachable = reported('Reachable', 'True', 'Answered', 'The API server answers.');
  if (failure?.kind === 'CredentialsRejected') {
    return [reachable, reported('Authenticated', 'False', 'CredentialsRejected', failure.message)];
  }
  return [reachable, reported('Authenticated', 'True', 'Accepted', 'The API server accepts the credentials.')];
}

/** The condition OperatorReady after a check that the cluster answered. Give the results of this check only. */
export function operatorReady(discovered: Discovery): ReportedCondition {
  const operatorReadyIs = (
    status: ReportedCondition['status'],
    reason: keyof Types['OperatorReady']['reasons'],
    message: string,
  ) => reported('OperatorReady', status, reason, message);
  const { customResources, webhook, operator } = discovered;
  const operations = customResources.items?.find(({ resource }) => resource === 'operations');
  if (customResources.status === 'Known' && !operations?.versions.includes('v1alpha1'))
    return operatorReadyIs('False', 'CrdMissing', 'The cluster does not serve ops.vworkspace.io/v1alpha1 operations.');
  if (webhook.answers === false) return operatorReadyIs('False', 'WebhookFailing', webhook.message ?? '');
  const health = (operator.items ?? []).flatMap(({ conditions }) =>
    conditions.filter(({ type }) => type === 'ControllersHealthy'),
  );
  const unhealthy = health.find(({ status }) => status === 'False');
  if (unhealthy !== undefined)
    return operatorReadyIs('False', 'ControllersUnhealthy', `${unhealthy.reason}: ${unhealthy.message}`);
  const healthy = health.some(({ status }) => status === 'True');
  const unknownBecause = operator.problem ?? 'it states no condition ControllersHealthy';
  if (webhook.answers === true) {
    const rest = healthy
      ? 'Its controllers are healthy.'
      : `Whether its controllers are healthy is not known: ${unknownBecause}`;
    return operatorReadyIs('True', 'Answers', `Operations pass admission. ${rest}`);
  }
  if (healthy) {
    const why = webhook.problem ?? 'it was not asked';
    return operatorReadyIs(
      'True',
      'ControllersHealthy',
      `Its controllers are healthy. Its webhook was not tried: ${why}`,
    );
  }
  return operatorReadyIs('Unknown', 'NotAsked', customResources.problem ?? webhook.problem ?? unknownBecause);
}

/** The condition AddressAllowed; none when the cluster has an address that new registrations may have. */
export function addressDenied(localAddress: string | undefined): ReportedCondition | undefined {
  if (localAddress === undefined) return undefined;
  return reported(
    'AddressAllowed',
    'False',
    'LocalAddress',
    `The cluster is at ${localAddress}: loopback, or the address of a server of this service, which no new registration may have. It is used because it was registered before. Give it another address, or have the range allowed (ALLOWED_CLUSTER_ADDRESSES).`,
  );
}

const expiryWarningMs = 14 * 86_400_000;

/** The condition CredentialsExpiring; none when the credentials state no expiry. */
export function credentialsExpiring(expiresAt: string | undefined, now: string): ReportedCondition | undefined {
  if (expiresAt === undefined) return undefined;
  const leftMs = Date.parse(expiresAt) - Date.parse(now);
  const expiringIs = (
    status: ReportedCondition['status'],
    reason: keyof Types['CredentialsExpiring']['reasons'],
    message: string,
  ) => reported('CredentialsExpiring', status, reason, message);
  if (leftMs <= 0)
    return expiringIs('True', 'Expired', `The credentials expired at ${expiresAt}; give new ones (changeCluster).`);
  if (leftMs <= expiryWarningMs)
    return expiringIs(
      'True',
      'ExpiresSoon',
      `The credentials expire at ${expiresAt}; give new ones before that (changeCluster).`,
    );
  return expiringIs('False', 'Valid', `The credentials are valid until ${expiresAt}.`);
}

/** The condition OperatorReady after a check that failed as a whole. */
export function operatorUnknown(failure: ClusterFailure): ReportedCondition {
  return reported('OperatorReady', 'Unknown', failure.kind, clip(failure.message));
}
