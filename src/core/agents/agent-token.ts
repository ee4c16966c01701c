/** The token that a cluster's own agent posts with: shown once, kept as a hash, replaced without a gap. */

import { type Call, ownLocked } from '../access/call.ts';
import { actor } from '../scheduling/schedules.ts';
import { agentCondition } from './rules/agent-standing.ts';

const overlapMs = 24 * 3_600_000;

export interface AgentTokens {
  /** The present token, if any, becomes the one before, which is good until `previousUntil`. */
  replace(clusterId: string, hash: string, previousUntil: string): Promise<void>;
  /** Both tokens, and what the agent has told of itself. */
  revoke(clusterId: string): Promise<void>;
}

export async function createAgentToken(
  { tx, caller, now, vault }: Call,
  id: string,
): Promise<{ token: string; createdAt: string; previousGoodUntil: string | undefined }> {
  const known = await ownLocked(tx.clusters, caller, 'cluster', id);
  const { secret, hash } = vault.newAgentToken();
  const until = new Date(Date.parse(now) + overlapMs).toISOString();
  const replaced = known.agentTokenCreatedAt !== undefined;
  await tx.clusters.update({ ...known, agentTokenCreatedAt: now, updatedAt: now });
  await tx.agentTokens.replace(id, hash, until);
  await tx.events.append([
    {
      organizationId: caller.organizationId,
      clusterId: id,
      type: 'Normal',
      reason: 'AgentTokenCreated',
      message: `An agent token was made by ${actor(caller)}${replaced ? `; the one before is good until ${until}` : ''}.`,
      at: now,
    },
  ]);
  return { token: secret, createdAt: now, previousGoodUntil: replaced ? until : undefined };
}

/** Refused at once; a second time changes nothing. */
export async function revokeAgentToken({ tx, caller, now }: Call, id: string): Promise<void> {
  const { agentTokenCreatedAt, ...known } = await ownLocked(tx.clusters, caller, 'cluster', id);
  if (agentTokenCreatedAt === undefined) return;
  const conditions = known.conditions.filter(({ type }) => type !== agentCondition);
  await tx.clusters.update({ ...known, conditions, updatedAt: now });
  await tx.agentTokens.revoke(id);
  await tx.events.append([
    {
      organizationId: caller.organizationId,
      clusterId: id,
      type: 'Normal',
      reason: 'AgentTokenRevoked',
      message: `The agent token was revoked by ${actor(caller)}.`,
      at: now,
    },
  ]);
}
