/** The reasons that observation declares: of Operations that others made, and of the condition Watching. */
import type { ClusterFailure } from '../../clusters/rules/failure.ts';
import { type ConditionRows, conditionsIn } from '../../kernel/rules/condition.ts';
import { type EventRows, eventsIn } from '../../kernel/rules/event.ts';

export const observationEvents = {
  Observed: {
    type: 'Either',
    text: 'The watch saw an Operation that somebody else made in the cluster.',
    since: '0.1',
  },
} as const satisfies EventRows;

export const observationEvent = eventsIn(observationEvents);

export const observationConditions = {
  Watching: {
    of: 'Cluster',
    text: 'Operations and applications are followed as they change.',
    since: '0.1',
    reasons: {
      Watching: 'Everything is followed.',
      Limited: 'Something is not followed; the message lists it.',
      Unreachable: 'The cluster cannot be reached.',
      Throttled: 'The API server is too busy.',
      ServerError: 'The API server failed.',
      CredentialsRejected: 'The API server rejects the credentials.',
      Refused: 'The cluster does not allow Operations to be followed.',
    } satisfies Record<ClusterFailure['kind'] | 'Watching' | 'Limited', string>,
  },
} as const satisfies ConditionRows;

export const watchCondition = conditionsIn(observationConditions);
