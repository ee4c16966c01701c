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
 *
 * No batch is refused for its content: what cannot be read of it is counted and reported (rules/read-events.ts).
 */

import { accessProblem } from '../access/rules/problems.ts';
import type { Clock, Log, Vault } from '../kernel/ports.ts';
import { Refusal } from '../kernel/rules/problem.ts';
import type { Agent, AgentRecord } from './ports.ts';
import { contactAfterBatch, contactAfterWait } from './rules/agent-contact.ts';
import { factsOf } from './rules/agent-event.ts';
import { observePosted } from './rules/posted-conditions.ts';
import type { ReadEvents, Unreadable } from './rules/read-events.ts';

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

/** So many events are taken in one transaction. */
const partCount = 100;

export async function takeAgentEvents(
  { agents, vault, clock }: AgentPorts,
  agent: Agent,
  { events, unreadable }: ReadEvents,
): Promise<{ readonly changedCount: number; readonly unreadableCount: number }> {
  const now = await clock.now();
  let changedCount = 0;
  let unreadableCount = 0;
  for (let from = 0; from === 0 || from < events.length; from += partCount) {
    const { heartbeat, facts, ...made } = factsOf(events.slice(from, from + partCount), now);
    const lost = together(from === 0 ? unreadable : undefined, made.unreadableCount);
    if (events.length === 0 && lost === undefined) break;
    const batch = {
      heartbeat,
      facts: facts.map((fact) => ({ ...fact, digest: vault.hashOf(fact.identity) })),
      unreadable: lost,
    };
    const taken = await agents.take(agent, batch, now, {
      fold: (operation, observation) => observePosted(operation, observation, now),
      contactAfter: (contact, batch) => contactAfterBatch(contact, batch, now),
    });
    changedCount += taken.changedCount;
    unreadableCount += lost?.count ?? 0;
  }
  return { changedCount, unreadableCount };
}

function together(unreadable: Unreadable | undefined, moreCount: number): Unreadable | undefined {
  if (moreCount === 0) return unreadable;
  return { count: (unreadable?.count ?? 0) + moreCount, example: unreadable?.example ?? 'event' };
}

export type ContactPorts = Omit<AgentPorts, 'vault'> & { readonly log: Log };

/** One round: reports the agents that have fallen silent, and requests the lists that had to wait. Returns how many contacts changed. */
export async function lookAfterAgents({ agents, clock, log }: ContactPorts): Promise<number> {
  const now = await clock.now();
  const changedCount = await agents.updateContacts((contact) => contactAfterWait(contact, now));
  if (changedCount > 0) log.info({ changedCount }, 'the contact to agents has changed');
  return changedCount;
}
