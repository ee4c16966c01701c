/** The reasons that clusters declare: of their events, and of the conditions that calls and looks report. */

import { type ConditionRows, clip, conditionsIn } from '../../kernel/rules/condition.ts';
import { type EventRows, eventsIn, type NewEvent } from '../../kernel/rules/event.ts';
import type { ClusterFailure } from './failure.ts';

export const clusterEvents = {
  ClusterUnreachable: { type: 'Warning', text: 'It could not be reached for ten seconds.', since: '0.1' },
  ClusterReachable: { type: 'Normal', text: 'It has been reachable again for thirty seconds.', since: '0.1' },
  CredentialsRejected: { type: 'Warning', text: 'Its API server rejects the credentials.', since: '0.1' },
  CredentialsAccepted: { type: 'Normal', text: 'Its API server accepts the credentials again.', since: '0.1' },
  CredentialsExpiring: { type: 'Warning', text: 'Its credentials expire within fourteen days.', since: '0.1' },
  CredentialsExpired: { type: 'Warning', text: 'Its credentials have expired.', since: '0.1' },
  CredentialsRenewed: { type: 'Normal', text: 'It has credentials that do not expire soon.', since: '0.1' },
  OperatorNotReady: { type: 'Warning', text: 'Its operator does not take Operations.', since: '0.1' },
  OperatorReady: { type: 'Normal', text: 'Its operator takes Operations again.', since: '0.1' },
  WatchInterrupted: {
    type: 'Warning',
    text: 'It has not been watched for ten seconds, although it answers.',
    since: '0.1',
  },
  Watching: { type: 'Normal', text: 'It has been watched again for thirty seconds.', since: '0.1' },
} as const satisfies EventRows;
export type ClusterEventReason = keyof typeof clusterEvents;

const made = eventsIn(clusterEvents);

export function clusterEvent(
  { reason, message }: { readonly reason: ClusterEventReason; readonly message: string },
  about: { readonly organizationId: string; readonly clusterId: string; readonly at: string },
): NewEvent {
  return made(reason, { ...about, message: clip(message) });
}

const notAsked = {
  Unreachable: 'It cannot be reached.',
  Throttled: 'Its API server is too busy.',
  ServerError: 'Its API server failed.',
  CredentialsRejected: 'Its API server rejects the credentials.',
  Refused: 'Its API server refused to answer.',
} as const satisfies Record<ClusterFailure['kind'], string>;

export const clusterConditions = {
  Reachable: {
    of: 'Cluster',
    text: 'Its API server answers.',
    since: '0.1',
    reasons: { Answered: 'It answered.', Unreachable: 'No connection, or no answer in time.' },
  },
  Authenticated: {
    of: 'Cluster',
    text: 'Its API server accepts the credentials.',
    since: '0.1',
    reasons: {
      Accepted: 'It accepts them.',
      CredentialsRejected: 'It rejects them.',
      Unreachable: 'It could not be asked.',
    },
  },
  OperatorReady: {
    of: 'Cluster',
    text: 'Its operator takes Operations.',
    since: '0.1',
    reasons: {
      Answers: 'Operations pass admission.',
      ControllersHealthy: 'Its controllers are healthy; its webhook was not tried.',
      ControllersUnhealthy: 'It states that its controllers are not healthy.',
      CrdMissing: 'The cluster does not serve Operations.',
      WebhookFailing: 'Its webhook fails.',
      NotAsked: 'Nothing could be found out.',
      ...notAsked,
    },
  },
  CredentialsExpiring: {
    of: 'Cluster',
    text: 'The credentials expire within fourteen days. Absent where they state no expiry.',
    since: '0.1',
    reasons: { Expired: 'They have expired.', ExpiresSoon: 'They expire soon.', Valid: 'They are valid for longer.' },
  },
} as const satisfies ConditionRows;

export const clusterCondition = conditionsIn(clusterConditions);
