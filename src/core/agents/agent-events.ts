/**
 * What a cluster's own agent posts, taken in. The record is told the facts of a batch in one transaction: those that are
 * new are folded by the rule that the watch goes by, so that posts are another way to the same Operation and never a
 * second opinion. Nothing is answered before that has committed.
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

/** Whose agent this is, or the Refusal `unauthenticated`. */
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
    contactAfter: (contact, told) => contactAfterBatch(contact, told, now),
  });
}

export type StandingPorts = Omit<AgentPorts, 'vault'> & { readonly log: Log };

/** Tells which agents have fallen silent, and asks for the lists that had to wait; says of how many clusters. */
export async function lookAfterAgents({ agents, clock, log }: StandingPorts): Promise<number> {
  const now = await clock.now();
  const changedCount = await agents.updateContacts((contact) => contactAfterWait(contact, now));
  if (changedCount > 0) log.info({ changedCount }, 'what agents tell of their clusters has changed');
  return changedCount;
}
