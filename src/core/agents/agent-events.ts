/**
 * Takes in the events that a cluster's agent posts. The agent is the operator in the cluster; it may post its events
 * beside being watched. One transaction takes a batch, and the answer follows its commit:
 *
 * 1. Each condition of an event is a fact (rules/agent-event.ts). The store remembers a fact for a day, by a digest of
 *    its identity, and drops facts that it knows.
 * 2. A new fact is folded into its Operation as a watched condition is, unless a later one is known
 *    (rules/posted-conditions.ts). So repetitions and another order change nothing, and when the watch reports the whole
 *    state, that wins.
 * 3. The batch shows that the agent lives, and may show that events were lost. Then the watch lists everything again
 *    (rules/agent-contact.ts).
 */

import { accessProblem } from '../access/rules/problems.ts';
import type { Clock, Log, Vault } from '../kernel/ports.ts';
import { Refusal } from '../kernel/rules/problem.ts';
import type { Agent, AgentRecord } from './ports.ts';
import { contactAfterBatch, contactAfterWait } from './rules/agent-contact.ts';
import { type AgentEvents, factsOf } from './rules/agent-event.ts';
import { observePosted } from './rules/posted-conditions.ts';

export interface AgentPorts {
  readonly agents: AgentRecord;
  readonly vault: Vault;
  readonly clock: Clock;
}

/** The agent that holds this token, or the Refusal `unauthenticated`. */
export async function authenticateAgent(
  { agents, vault, clock }: AgentPorts,
  token: string | undefined,
): Promise<Agent> {
  const holder = token === undefined ? undefined : await agents.holder(vault.hashOf(token));
  const ended = holder?.endsAt !== undefined && Date.parse(holder.endsAt) <= Date.parse(await clock.now());
  if (holder !== undefined && !ended) return { clusterId: holder.clusterId, organizationId: holder.organizationId };
  throw new Refusal(
    accessProblem.unauthenticated,
    'Send the agent token of a cluster as "Authorization: Bearer <token>". This one is missing, unknown, replaced or revoked.',
  );
}

export async function takeAgentEvents(
  { agents, vault, clock }: AgentPorts,
  agent: Agent,
  { events }: AgentEvents,
): Promise<{ readonly changedCount: number }> {
  if (events.length === 0) return { changedCount: 0 };
  const now = await clock.now();
  const { heartbeat, facts } = factsOf(events, now);
  const batch = { heartbeat, facts: facts.map((fact) => ({ ...fact, digest: vault.hashOf(fact.identity) })) };
  return agents.take(agent, batch, now, {
    fold: (operation, observation) => observePosted(operation, observation, now),
    contactAfter: (contact, batch) => contactAfterBatch(contact, batch, now),
  });
}

export type ContactPorts = Omit<AgentPorts, 'vault'> & { readonly log: Log };

/** One round: reports the agents that have fallen silent, and requests the lists that had to wait. Returns how many contacts changed. */
export async function lookAfterAgents({ agents, clock, log }: ContactPorts): Promise<number> {
  const now = await clock.now();
  const changedCount = await agents.updateContacts((contact) => contactAfterWait(contact, now));
  if (changedCount > 0) log.info({ changedCount }, 'the contact to agents has changed');
  return changedCount;
}
