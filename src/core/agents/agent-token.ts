/**
 * The token that a cluster's agent posts events with. It is shown once and stored as a hash. A new token replaces it
 * without a gap: the previous one stays valid for 24 hours.
 */

import { type Call, ownLocked } from '../access/call.ts';
import { actor } from '../access/rules/access.ts';
import type { ClustersTable } from '../clusters/ports.ts';
import type { EventsTable } from '../kernel/ports.ts';
import { refuseRetired } from '../kernel/rules/referrers.ts';
import type { AgentTokensTable } from './ports.ts';
import { agentCondition } from './rules/agent-contact.ts';
import { agentEvent } from './rules/reasons.ts';

const overlapMs = 24 * 3_600_000;

export async function createAgentToken(
  { tx, caller, now, vault }: Call<ClustersTable & AgentTokensTable & EventsTable>,
  id: string,
): Promise<{ token: string; createdAt: string; previousGoodUntil: string | undefined }> {
  const known = await ownLocked(tx.clusters, caller, 'cluster', id);
  refuseRetired(`The cluster ${known.name}`, known.retiredAt);
  const { secret, hash } = vault.newAgentToken();
  const until = new Date(Date.parse(now) + overlapMs).toISOString();
  const replaced = known.agentTokenCreatedAt !== undefined;
  await tx.clusters.update({ ...known, agentTokenCreatedAt: now, updatedAt: now });
  await tx.agentTokens.replace(id, hash, until);
  const about = { organizationId: caller.organizationId, clusterId: id, at: now };
  const message = `An agent token was created by ${actor(caller)}${replaced ? `; the previous one is valid until ${until}` : ''}.`;
  await tx.events.append([agentEvent('AgentTokenCreated', { ...about, message })]);
  return { token: secret, createdAt: now, previousGoodUntil: replaced ? until : undefined };
}

/** Both tokens are refused at once. Revoking them again changes nothing. */
export async function revokeAgentToken(
  { tx, caller, now }: Call<ClustersTable & AgentTokensTable & EventsTable>,
  id: string,
): Promise<void> {
  const { agentTokenCreatedAt, ...known } = await ownLocked(tx.clusters, caller, 'cluster', id);
  if (agentTokenCreatedAt === undefined) return;
  const conditions = known.conditions.filter(({ type }) => type !== agentCondition);
  await tx.clusters.update({ ...known, conditions, updatedAt: now });
  await tx.agentTokens.revoke(id);
  const about = { organizationId: caller.organizationId, clusterId: id, at: now };
  const message = `The agent token was revoked by ${actor(caller)}.`;
  await tx.events.append([agentEvent('AgentTokenRevoked', { ...about, message })]);
}
