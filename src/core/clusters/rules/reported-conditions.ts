/** The conditions of a cluster that follow from a call to it, from its address, and from its credentials. */

import type { ReportedCondition } from '../../kernel/rules/condition.ts';
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
