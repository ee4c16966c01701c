/** The reasons that agents declare: of events about their tokens, and of the condition that says whether an agent lives. */
import { type ConditionRows, conditionsIn } from '../../kernel/rules/condition.ts';
import { type EventRows, eventsIn } from '../../kernel/rules/event.ts';

export const agentEvents = {
  AgentTokenCreated: { type: 'Normal', text: 'A person made a token for the agent of the cluster.', since: '0.1' },
  AgentTokenRevoked: { type: 'Normal', text: 'A person revoked the token of the agent.', since: '0.1' },
  CredentialRotated: { type: 'Normal', text: "The cluster's agent has replaced its credential.", since: '0.1' },
} as const satisfies EventRows;

export const agentEvent = eventsIn(agentEvents);

export const agentConditions = {
  AgentConnected: {
    of: 'Cluster',
    text: 'Its agent posts heartbeats.',
    since: '0.1',
    reasons: { Heartbeat: 'A heartbeat came.', Silent: 'No heartbeat has come for three minutes.' },
  },
} as const satisfies ConditionRows;

export const agentConditionOf = conditionsIn(agentConditions);
