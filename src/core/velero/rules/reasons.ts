/** The reasons that Velero's word declares: of copies that vanish and return, and of the condition VeleroKnown. */
import { type ConditionRows, conditionsIn } from '../../kernel/rules/condition.ts';
import { type EventRows, eventsIn } from '../../kernel/rules/event.ts';

export const veleroEvents = {
  CopyVanished: {
    type: 'Warning',
    text: 'A copy has not been there for five minutes, although it has not expired: its bucket or a person deleted it. Nothing can be restored from it.',
    since: '0.1',
  },
  CopyReturned: {
    type: 'Normal',
    text: 'A copy that had vanished is there again.',
    since: '0.1',
  },
} as const satisfies EventRows;

export const veleroEvent = eventsIn(veleroEvents);

export const veleroConditions = {
  VeleroKnown: {
    of: 'Cluster',
    text: "Whether the service follows Velero's own Backups, Restores and storage locations. Without it copies are known from the operator alone: one that has vanished is not noticed, and there are no counts. Absent until it was asked.",
    since: '0.1',
    reasons: {
      Followed: 'It follows them.',
      Limited: 'It does not follow some of them, or lists them now and then; the message lists which.',
      LeftOut: 'It follows them, but there are more that others made than it records; the message says how many.',
      NotAllowed: 'The credentials may not list them. The rights are optional (docs/rbac-discovery.yaml).',
      NotServed: 'The cluster does not serve them: Velero is not installed.',
      Interrupted: 'They are not followed for now; the message says why.',
    },
  },
} as const satisfies ConditionRows;

export const veleroCondition = conditionsIn(veleroConditions);
