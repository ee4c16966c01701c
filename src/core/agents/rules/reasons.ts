/** The reasons of events about agents' tokens, and of the condition that says whether an agent lives. */
import { type ConditionRows, conditionsIn } from '../../kernel/rules/condition.ts';
import { type EventRows, eventsIn } from '../../kernel/rules/event.ts';

export const agentEvents = {
  AgentTokenCreated: { type: 'Normal', text: 'A person created a token for the agent of the cluster.', since: '0.1' },
  AgentTokenRevoked: { type: 'Normal', text: 'A person revoked the token of the agent of the cluster.', since: '0.1' },
  CredentialRotated: { type: 'Normal', text: 'The agent of the cluster has replaced its credential.', since: '0.1' },
} as const satisfies EventRows;

export const agentEvent = eventsIn(agentEvents);

export const agentConditions = {
  AgentConnected: {
    of: 'Cluster',
    text: 'The agent of the cluster posts heartbeats.',
    since: '0.1',
    reasons: { Heartbeat: 'It posted a heartbeat.', Silent: 'It has posted no heartbeat for three minutes.' },
  },
  AgentEventsRead: {
    of: 'Cluster',
    text: 'Everything that the agent of the cluster posts can be read. Absent as long as that was always so.',
    since: '0.1',
    reasons: {
      Read: 'For an hour everything could be read.',
      Unreadable: 'Some events or conditions could not be read in the last hour, and were left out.',
    },
  },
} as const satisfies ConditionRows;

export const agentConditionOf = conditionsIn(agentConditions);
