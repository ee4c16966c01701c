/** What calls and discoveries say of the cluster itself, as conditions. */

import { clip, type ReportedCondition } from '../../kernel/rules/condition.ts';
import type { Discovery } from './discovery.ts';
import type { ClusterFailure } from './failure.ts';
import { clusterCondition, type clusterConditions } from './reasons.ts';

type Types = typeof clusterConditions;

/** The record sets since when. */
function found<Type extends keyof Types>(
  type: Type,
  status: ReportedCondition['status'],
  reason: keyof Types[Type]['reasons'] & string,
  message: string,
): ReportedCondition {
  return clusterCondition(type, status, reason, message, '');
}

/** The conditions Reachable and Authenticated after a call that failed so, or succeeded. */
export function callConditions(failure: ClusterFailure | undefined): readonly ReportedCondition[] {
  if (failure?.kind === 'Unreachable') {
    return [
      found('Reachable', 'False', 'Unreachable', failure.message),
      found('Authenticated', 'Unknown', 'Unreachable', 'The cluster could not be asked.'),
    ];
  }
  const reachable = found('Reachable', 'True', 'Answered', 'The API server answers.');
  if (failure?.kind === 'CredentialsRejected') {
    return [reachable, found('Authenticated', 'False', 'CredentialsRejected', failure.message)];
  }
  return [reachable, found('Authenticated', 'True', 'Accepted', 'The API server accepts the credentials.')];
}

/** The condition OperatorReady, from what was found this time, not from what was known before. */
export function operatorReady(discovered: Discovery): ReportedCondition {
  const said = (
    status: ReportedCondition['status'],
    reason: keyof Types['OperatorReady']['reasons'],
    message: string,
  ) => found('OperatorReady', status, reason, message);
  const { customResources, webhook, operator } = discovered;
  const operations = customResources.items?.find(({ resource }) => resource === 'operations');
  if (customResources.status === 'Known' && !operations?.versions.includes('v1alpha1'))
    return said('False', 'CrdMissing', 'The cluster does not serve ops.vworkspace.io/v1alpha1 operations.');
  if (webhook.answers === false) return said('False', 'WebhookFailing', webhook.message ?? '');
  const health = (operator.items ?? []).flatMap(({ conditions }) =>
    conditions.filter(({ type }) => type === 'ControllersHealthy'),
  );
  const ill = health.find(({ status }) => status === 'False');
  if (ill !== undefined) return said('False', 'ControllersUnhealthy', `${ill.reason}: ${ill.message}`);
  const healthy = health.some(({ status }) => status === 'True');
  const untold = operator.problem ?? 'it tells no condition ControllersHealthy';
  if (webhook.answers === true) {
    const rest = healthy
      ? 'Its controllers are healthy.'
      : `Whether its controllers are healthy is not known: ${untold}`;
    return said('True', 'Answers', `Operations pass admission. ${rest}`);
  }
  if (healthy) {
    const why = webhook.problem ?? 'it was not asked';
    return said('True', 'ControllersHealthy', `Its controllers are healthy. Its webhook was not tried: ${why}`);
  }
  return said('Unknown', 'NotAsked', customResources.problem ?? webhook.problem ?? untold);
}

const expiryWarningMs = 14 * 86_400_000;

/** The condition CredentialsExpiring; none when no expiry is known. */
export function credentialsExpiring(expiresAt: string | undefined, now: string): ReportedCondition | undefined {
  if (expiresAt === undefined) return undefined;
  const leftMs = Date.parse(expiresAt) - Date.parse(now);
  const said = (
    status: ReportedCondition['status'],
    reason: keyof Types['CredentialsExpiring']['reasons'],
    message: string,
  ) => found('CredentialsExpiring', status, reason, message);
  if (leftMs <= 0)
    return said('True', 'Expired', `The credentials expired at ${expiresAt}; give new ones (changeCluster).`);
  if (leftMs <= expiryWarningMs)
    return said('True', 'ExpiresSoon', `The credentials expire at ${expiresAt}; give new ones before (changeCluster).`);
  return said('False', 'Valid', `The credentials are valid until ${expiresAt}.`);
}

/** The condition OperatorReady when the cluster could not be asked. */
export function operatorUnknown(failure: ClusterFailure): ReportedCondition {
  return found('OperatorReady', 'Unknown', failure.kind, clip(failure.message));
}
