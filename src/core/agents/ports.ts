/** What is kept of clusters' agents: their tokens, and what they post. */

import type { Observation, Observed } from '../operations/rules/observation.ts';
import type { Operation } from '../operations/rules/operation.ts';
import type { AgentContact } from './rules/agent-contact.ts';
import type { AgentBatch, AgentFact } from './rules/agent-event.ts';

export interface AgentTokens {
  /** The present token, if any, becomes the one before, which is good until `previousUntil`. */
  replace(clusterId: string, hash: string, previousUntil: string): Promise<void>;
  /** Both tokens, and what the agent has told of itself. */
  revoke(clusterId: string): Promise<void>;
}

/** A cluster, by the token that its agent sent. */
export interface Agent {
  readonly clusterId: string;
  readonly organizationId: string;
}

export interface TakenBatch extends Omit<AgentBatch, 'facts'> {
  readonly facts: readonly (AgentFact & { readonly digest: string })[];
}

export interface BatchRules {
  readonly fold: (operation: Operation, observation: Observation) => Observed;
  readonly contactAfter: (contact: AgentContact, told: { heartbeat: boolean; relist: boolean }) => AgentContact;
}

export interface AgentRecord {
  /** Whose token this is: until `endsAt`, if it has been replaced. */
  holder(tokenHash: string): Promise<(Agent & { readonly endsAt?: string | undefined }) | undefined>;
  /** One transaction. Facts with a digest that is known already are passed over. */
  take(agent: Agent, batch: TakenBatch, now: string, rules: BatchRules): Promise<{ readonly changedCount: number }>;
  /** Looks after the clusters whose contact may have changed by time alone; says how many did. */
  updateContacts(after: (contact: AgentContact) => AgentContact): Promise<number>;
  /** Forgets digests of more than a day ago. */
  forget(): Promise<number>;
}

export interface AgentTokensTable {
  readonly agentTokens: AgentTokens;
}
