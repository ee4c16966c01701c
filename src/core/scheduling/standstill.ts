/** Suspension of everything of a cluster or of an organization, its limits, and blackout windows. */

import { atRevision, type Call, own, ownLocked } from '../access/call.ts';
import { type Organization, type OrganizationChange, requireScope } from '../access/rules/access.ts';
import type { Cluster } from '../clusters/rules/cluster.ts';
import { notFound, ruleViolated } from '../kernel/rules/problem.ts';
import { type BlackoutWindow, checkWindow, type NewBlackoutWindow } from './rules/blackout.ts';
import { actor } from './schedules.ts';

/** Nothing of it fires while it is suspended; each slot is accounted for as skipped, so that nothing is made up for later. */
export async function suspendCluster(
  { tx, caller, now }: Call,
  id: string,
  suspend: boolean,
  reason?: string,
): Promise<Cluster> {
  const { suspendReason: _, ...known } = await ownLocked(tx.clusters, caller, 'cluster', id);
  await tx.events.append([
    {
      organizationId: caller.organizationId,
      clusterId: id,
      type: 'Normal',
      reason: suspend ? 'Suspended' : 'Resumed',
      message: `${suspend ? 'Suspended' : 'Resumed'} by ${actor(caller)}${reason === undefined ? '' : `: ${reason}`}.`,
      at: now,
    },
  ]);
  return tx.clusters.update({
    ...known,
    suspend,
    ...(suspend && reason !== undefined && { suspendReason: reason }),
    updatedAt: now,
  });
}

export async function changeOrganization(
  { tx, caller, now }: Call,
  id: string,
  change: OrganizationChange,
  revision?: number,
): Promise<Organization> {
  requireScope(caller, 'platform:admin');
  const known = await tx.organizations.lock(id, id);
  if (known === undefined) throw notFound('organization', id);
  const { minimumIntervalSeconds: knownInterval, suspendReason: knownReason, ...rest } = known;
  const minimumIntervalSeconds =
    change.minimumIntervalSeconds === undefined ? knownInterval : (change.minimumIntervalSeconds ?? undefined);
  const suspend = change.suspend ?? known.suspend;
  const suspendReason = suspend ? (change.suspendReason ?? knownReason) : undefined;
  const changed = {
    ...rest,
    name: change.name ?? known.name,
    suspend,
    ...(minimumIntervalSeconds !== undefined && { minimumIntervalSeconds }),
    ...(suspendReason !== undefined && { suspendReason }),
    updatedAt: now,
  };
  return tx.organizations.update(atRevision(changed, revision));
}

export async function createBlackoutWindow(
  { tx, caller, now, vault }: Call,
  input: NewBlackoutWindow,
): Promise<BlackoutWindow> {
  const { clusterId, scheduleId } = input;
  checkWindow(input);
  if (clusterId !== undefined && (await tx.clusters.find(caller.organizationId, clusterId)) === undefined)
    throw ruleViolated('/clusterId', `There is no cluster ${clusterId}.`);
  if (scheduleId !== undefined && (await tx.schedules.find(caller.organizationId, scheduleId)) === undefined)
    throw ruleViolated('/scheduleId', `There is no schedule ${scheduleId}.`);
  const { timeZone = 'Etc/UTC', days = [], behavior = 'Defer' } = input;
  const window: BlackoutWindow = {
    ...input,
    id: vault.newId(),
    organizationId: caller.organizationId,
    timeZone,
    days,
    behavior,
    createdAt: now,
    updatedAt: now,
    revision: 1,
  };
  await tx.blackoutWindows.insert(window);
  return window;
}

/** What it has deferred is due at the end that it had, or at the next look. */
export async function removeBlackoutWindow({ tx, caller }: Call, id: string): Promise<void> {
  await own(tx.blackoutWindows, caller, 'blackout window', id);
  await tx.blackoutWindows.remove(caller.organizationId, id);
}
