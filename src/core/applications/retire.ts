/**
 * Retires an application instance, and moves one. A retired one keeps its history, its Operations and its recovery
 * points, and leaves its place to the next. Nothing happens in the cluster, and no copy is deleted.
 *
 * Retiring never stops anything by itself: while schedules, a protection plan or Operations in flight depend on the
 * application, it is refused with their counts, so nobody loses backups by surprise.
 */
import { type Call, ownLocked } from '../access/call.ts';
import { actor } from '../access/rules/access.ts';
import type { ClustersTable } from '../clusters/ports.ts';
import type { EventsTable } from '../kernel/ports.ts';
import { given } from '../kernel/rules/fields.ts';
import { Refusal, ruleViolated } from '../kernel/rules/problem.ts';
import { refuseRetired, refuseWhileReferred } from '../kernel/rules/referrers.ts';
import { refuseTwice } from './application-instances.ts';
import type { ApplicationInstancesTable, LinkingTable } from './ports.ts';
import { type ApplicationInstance, type ApplicationMove, namedInstance as named } from './rules/application.ts';
import { applicationEvent } from './rules/reasons.ts';

const kind = 'application instance';

/** One that is retired already stays as it is. */
export async function retireApplicationInstance(
  { tx, caller, now }: Call<ApplicationInstancesTable & EventsTable>,
  id: string,
): Promise<ApplicationInstance> {
  const known = await ownLocked(tx.applicationInstances, caller, kind, id);
  if (known.retiredAt !== undefined) return known;
  const { scheduleCount, openOperationCount } = await tx.applicationInstances.referrers(id);
  refuseWhileReferred(
    named(known),
    'retired',
    {
      'protection plan': known.protectionPlanId === undefined ? 0 : 1,
      schedule: scheduleCount,
      'Operation that has not ended': openOperationCount,
    },
    'Detach the protection plan, remove the schedules, and wait for the Operations or cancel them.',
  );
  const retired = await tx.applicationInstances.retire({ ...known, retiredAt: now, updatedAt: now });
  const message = `Retired by ${actor(caller)}. Its history and its copies stay.`;
  await tx.events.append([applicationEvent('ApplicationRetired', { ...about(retired), message, at: now })]);
  return retired;
}

/**
 * The application is somewhere else from now on: its schedules back it up there. Its Operations and its copies stay
 * where they were made. Throws the Refusal `already-exists` when another one is registered at that place.
 */
export async function moveApplicationInstance(
  { tx, caller, now }: Call<ApplicationInstancesTable & ClustersTable & LinkingTable & EventsTable>,
  id: string,
  move: ApplicationMove,
): Promise<ApplicationInstance> {
  const known = await ownLocked(tx.applicationInstances, caller, kind, id);
  refuseRetired(named(known), known.retiredAt);
  const wanted = { ...known, ...given(move) };
  if (placeOf(wanted) === placeOf(known))
    throw ruleViolated('/clusterId', `names the place where the ${kind} is already; give another one.`);
  const cluster = await tx.clusters.find(caller.organizationId, wanted.clusterId);
  if (cluster === undefined) throw ruleViolated('/clusterId', `There is no cluster ${wanted.clusterId}.`);
  refuseRetired(`The cluster ${cluster.name}`, cluster.retiredAt, '/clusterId');
  await refuseTwice(tx, wanted);
  const { openOperationCount } = await tx.applicationInstances.referrers(id);
  if (openOperationCount > 0)
    throw new Refusal(
      'in-use',
      `${named(known)} cannot be moved: ${openOperationCount} of its Operations have not ended. Wait for them, or cancel them.`,
    );
  const moved = await tx.applicationInstances.move({ ...wanted, updatedAt: now });
  await tx.foreignOperations.link(moved);
  const message = `Moved by ${actor(caller)} from ${placeOf(known)} to ${placeOf(moved)}. Copies made before stay where they are.`;
  await tx.events.append([applicationEvent('ApplicationMoved', { ...about(moved), message, at: now })]);
  return moved;
}

function about({ organizationId, clusterId, id: applicationInstanceId }: ApplicationInstance) {
  return { organizationId, clusterId, applicationInstanceId };
}

function placeOf({ clusterId, namespace, name }: ApplicationInstance): string {
  return `${namespace}/${name} in the cluster ${clusterId}`;
}
