/** The record of clusters' agents: their tokens, the facts that they posted, and the contact to them. */

import type { Observation, Observed } from '../operations/rules/observed/observation.ts';
import type { Operation } from '../operations/rules/operation.ts';
import type { AgentContact, BatchContact } from './rules/agent-contact.ts';
import type { AgentFact } from './rules/agent-event.ts';
import type { Unreadable } from './rules/read-events.ts';

export interface AgentTokens {
  /** Stores a new token. The current one, if any, becomes the previous one, which is valid until `previousUntil`. */
  replace(clusterId: string, hash: string, previousUntil: string): Promise<void>;
  /** Removes both tokens, and the agent's last heartbeat. */
  revoke(clusterId: string): Promise<void>;
}

/** The cluster and organization of an agent, by its token. */
export interface Agent {
  readonly clusterId: string;
  readonly organizationId: string;
}

export interface TakenBatch {
  readonly heartbeat: boolean;
  readonly unreadable: Unreadable | undefined;
  readonly facts: readonly (AgentFact & { readonly digest: string })[];
}

/** The rules that the store runs inside of its transaction. */
export interface BatchRules {
  readonly fold: (operation: Operation, observation: Observation) => Observed;
  readonly contactAfter: (contact: AgentContact, batch: BatchContact) => AgentContact;
}

export interface AgentRecord {
  /** The agent that holds the token. `endsAt` is the end of a token that has been replaced. */
  holder(tokenHash: string): Promise<(Agent & { readonly endsAt?: string | undefined }) | undefined>;
  /** Takes a batch. Facts whose digest is known are dropped, and those that cannot be taken are put aside. */
  take(agent: Agent, batch: TakenBatch, now: string, rules: BatchRules): Promise<{ readonly changedCount: number }>;
  /** Updates the contacts that change as time passes. Returns how many did. */
  updateContacts(after: (contact: AgentContact) => AgentContact): Promise<number>;
  /** Forgets the digests that are older than a day. Returns how many. */
  forget(): Promise<number>;
}

export interface AgentTokensTable {
  readonly agentTokens: AgentTokens;
}
