/** The reasons of events about clusters, and of the conditions that calls and checks report. */

import { type ConditionRows, clip, conditionsIn } from '../../kernel/rules/condition.ts';
import { type EventRows, eventsIn, type NewEvent } from '../../kernel/rules/event.ts';
import type { ClusterFailure } from './failure.ts';

export const clusterEvents = {
  ClusterUnreachable: { type: 'Warning', text: 'The cluster could not be reached for ten seconds.', since: '0.1' },
  ClusterReachable: { type: 'Normal', text: 'The cluster has been reachable again for thirty seconds.', since: '0.1' },
  CredentialsRejected: {
    type: 'Warning',
    text: 'The API server of the cluster rejects the credentials.',
    since: '0.1',
  },
  AccessUnreadable: {
    type: 'Warning',
    text: 'The stored access to the cluster cannot be opened, so the cluster is not called until it is given again.',
    since: '0.1',
  },
  CredentialsAccepted: {
    type: 'Normal',
    text: 'The API server of the cluster accepts the credentials again.',
    since: '0.1',
  },
  CredentialsExpiring: {
    type: 'Warning',
    text: 'The credentials of the cluster expire within fourteen days.',
    since: '0.1',
  },
  CredentialsExpired: { type: 'Warning', text: 'The credentials of the cluster have expired.', since: '0.1' },
  CredentialsRenewed: {
    type: 'Normal',
    text: 'The cluster has new credentials, which do not expire soon.',
    since: '0.1',
  },
  OperatorNotReady: { type: 'Warning', text: 'The operator of the cluster does not take Operations.', since: '0.1' },
  OperatorReady: { type: 'Normal', text: 'The operator of the cluster takes Operations again.', since: '0.1' },
  WatchInterrupted: {
    type: 'Warning',
    text: 'The cluster answers, but has not been watched for ten seconds.',
    since: '0.1',
  },
  ClusterRebuilt: {
    type: 'Warning',
    text: 'Another cluster answers at the address: copies made before are not listed any more.',
    since: '0.1',
  },
  ClusterRegisteredTwice: {
    type: 'Warning',
    text: 'The same API server is registered under another name in the organization, and an application may be backed up twice.',
    since: '0.1',
  },
  ClusterIdentified: {
    type: 'Normal',
    text: 'No other cluster backs up the same namespaces, and there are no copies of a cluster before it any more.',
    since: '0.1',
  },
  ClusterRetired: {
    type: 'Normal',
    text: 'A person or a program retired the cluster: nothing watches or calls it any more.',
    since: '0.1',
  },
  ClusterRenamed: { type: 'Normal', text: 'A person or a program gave the cluster another name.', since: '0.1' },
  Watching: { type: 'Normal', text: 'The cluster has been watched again for thirty seconds.', since: '0.1' },
} as const satisfies EventRows;
export type ClusterEventReason = keyof typeof clusterEvents;

const made = eventsIn(clusterEvents);

export function clusterEvent(
  { reason, message }: { readonly reason: ClusterEventReason; readonly message: string },
  about: { readonly organizationId: string; readonly clusterId: string; readonly at: string },
): NewEvent {
  return made(reason, { ...about, message: clip(message) });
}

const checkFailures = {
  Unreachable: 'The cluster cannot be reached.',
  Throttled: 'The API server is too busy.',
  ServerError: 'The API server failed.',
  CredentialsRejected: 'The API server rejects the credentials.',
  Refused: 'The API server refused to answer.',
} as const satisfies Record<ClusterFailure['kind'], string>;

export const clusterConditions = {
  Reachable: {
    of: 'Cluster',
    text: 'The API server answers.',
    since: '0.1',
    reasons: {
      Answered: 'It answered.',
      Unreachable: 'There was no connection, or no answer in time.',
      AccessUnreadable: 'It was not called: the stored access cannot be opened.',
      NotApiServer: 'Something other than an API server answered, for example with a redirect.',
    },
  },
  Authenticated: {
    of: 'Cluster',
    text: 'The API server accepts the credentials.',
    since: '0.1',
    reasons: {
      Accepted: 'It accepts them.',
      CredentialsRejected: 'It rejects them.',
      AccessUnreadable: 'The stored access cannot be opened. Give it again (changeCluster).',
      Unreachable: 'The cluster could not be asked.',
      NotApiServer: 'Something other than an API server answered.',
    },
  },
  OperatorReady: {
    of: 'Cluster',
    text: 'The operator takes Operations.',
    since: '0.1',
    reasons: {
      Answers: 'Operations pass admission.',
      Alive: 'Its webhook is off or was not tried, and the operator did something within a quarter of an hour.',
      NoSignOfLife:
        'Its webhook is off or was not tried, and the operator has done nothing for a quarter of an hour: it may have had no work, or have died.',
      OperationsUnanswered: 'The operator has left Operations without a word for two minutes.',
      ControllersUnhealthy: 'The operator states that its controllers are not healthy.',
      CrdMissing: 'The cluster does not serve Operations.',
      WebhookFailing: 'The webhook of the operator does not answer.',
      NotAsked: 'The check could not find out.',
      AccessUnreadable: 'The cluster was not called: the stored access cannot be opened.',
      ...checkFailures,
    },
  },
  AddressAllowed: {
    of: 'Cluster',
    text: 'Whether a new registration may have the address of the cluster. Absent when it may.',
    since: '0.1',
    reasons: {
      LocalAddress: "It is a loopback address or one of the service's own servers; the cluster was registered before.",
    },
  },
  Identity: {
    of: 'Cluster',
    text: 'The cluster is the one that was registered, and no other one backs up the same namespaces. Absent while the uid of its namespace kube-system is not known.',
    since: '0.1',
    reasons: {
      Unique: 'It is.',
      Rebuilt: 'Another cluster answers at the address, and copies made before have not expired.',
      RegisteredTwice:
        'The same API server is registered under another name in the organization, and both have application instances in one namespace.',
    },
  },
  CredentialsExpiring: {
    of: 'Cluster',
    text: 'The credentials expire within fourteen days. Absent when they state no expiry.',
    since: '0.1',
    reasons: { Expired: 'They have expired.', ExpiresSoon: 'They expire soon.', Valid: 'They are valid for longer.' },
  },
} as const satisfies ConditionRows;

export const clusterCondition = conditionsIn(clusterConditions);
