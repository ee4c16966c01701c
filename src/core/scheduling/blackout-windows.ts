/**
 * Creates, removes and lists blackout windows: times in which nothing fires for an organization, a cluster or a
 * schedule.
 */

import { type Call, own, type Reading } from '../access/call.ts';
import type { ClustersTable } from '../clusters/ports.ts';
import { sift } from '../kernel/rules/broken/bad-rows.ts';
import { ruleViolated } from '../kernel/rules/problem.ts';
import type { BlackoutWindowsTable, SchedulesTable } from './ports.ts';
import { type BlackoutWindow, checkWindow, type NewBlackoutWindow, usableWindow } from './rules/blackout.ts';

export async function createBlackoutWindow(
  { tx, caller, now, vault }: Call<BlackoutWindowsTable & ClustersTable & SchedulesTable>,
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

/** Slots that it has deferred fire at the end that it had, or when their schedule is looked at next. */
export async function removeBlackoutWindow({ tx, caller }: Call<BlackoutWindowsTable>, id: string): Promise<void> {
  await own(tx.blackoutWindows, caller, 'blackout window', id);
  await tx.blackoutWindows.remove(caller.organizationId, id);
}

/** All windows of the caller's organization that can be judged. */
export async function blackoutWindows({
  tx,
  caller,
}: Pick<Reading<BlackoutWindowsTable>, 'tx' | 'caller'>): Promise<readonly BlackoutWindow[]> {
  return sift((await tx.blackoutWindows.page(caller.organizationId, { limit: 1000 })).items, usableWindow).made;
}
