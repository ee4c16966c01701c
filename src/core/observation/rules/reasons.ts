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
    text: 'Whether the service follows Operations and applications in the cluster as they change.',
    since: '0.1',
    reasons: {
      Watching: 'It follows all of them.',
      Limited: 'It does not follow some of them; the message lists which.',
      LeftOut: 'It follows them, but others made more there than it records; the message says how many.',
      Unreachable: 'The cluster cannot be reached.',
      Throttled: 'The API server is too busy.',
      ServerError: 'The API server failed.',
      CredentialsRejected: 'The API server rejects the credentials.',
      Refused: 'The cluster does not allow the service to follow Operations.',
    } satisfies Record<ClusterFailure['kind'] | 'Watching' | 'Limited' | 'LeftOut', string>,
  },
} as const satisfies ConditionRows;

export const watchCondition = conditionsIn(observationConditions);
