/** The catalog of application classes: adding, changing and removing one. All organizations share it. */

import { atRevision, type Call, type ExpectedRevisions, ownAsRead, ownLocked } from '../access/call.ts';
import { given } from '../kernel/rules/fields.ts';
import { droppedWarnings, merged } from '../kernel/rules/json/partial-document.ts';
import { refuseWhileReferred } from '../kernel/rules/referrers.ts';
import type { ApplicationClassesTable } from './ports.ts';
import {
  type ApplicationClass,
  type ApplicationClassChange,
  defaultDeadlines,
  type NewApplicationClass,
  type SavedApplicationClass,
} from './rules/application.ts';
import { defaultRetention, keptNote, retentionOfCadenceWarnings } from './rules/retention.ts';

export async function createApplicationClass(
  { tx, now, vault }: Call<ApplicationClassesTable>,
  input: NewApplicationClass,
): Promise<SavedApplicationClass> {
  const { name, displayName, retention, defaultParameters, recoveryPointTargetSeconds, ...deadlines } = input;
  const made: ApplicationClass = {
    id: vault.newId(),
    name,
    ...(displayName !== undefined && { displayName }),
    retention: { ...defaultRetention, ...retention },
    defaultParameters: defaultParameters ?? {},
    ...(recoveryPointTargetSeconds !== undefined && { recoveryPointTargetSeconds }),
    ...defaultDeadlines,
    ...given(deadlines),
    createdAt: now,
    updatedAt: now,
    revision: 1,
  };
  await tx.applicationClasses.insert(made);
  return { ...made, warnings: [...retentionOfCadenceWarnings(made.retention)] };
}

export async function changeApplicationClass(
  { tx, caller, now }: Call<ApplicationClassesTable>,
  id: string,
  change: ApplicationClassChange,
  revision?: ExpectedRevisions,
): Promise<SavedApplicationClass> {
  const known = await ownLocked(tx.applicationClasses, caller, 'application class', id);
  const { recoveryPointTargetSeconds: target, retention: ttls, ...rest } = change;
  const retention = ttls === undefined ? known.retention : merged(known.retention, ttls);
  const { recoveryPointTargetSeconds: knownTarget, ...base } = atRevision(known, revision);
  const recoveryPointTargetSeconds = target === undefined ? knownTarget : (target ?? undefined);
  const changed = await tx.applicationClasses.update({
    ...base,
    ...given({ ...rest, recoveryPointTargetSeconds }),
    retention,
    updatedAt: now,
  });
  const warnings = [
    ...(ttls === undefined ? [] : [keptNote, ...retentionOfCadenceWarnings(retention)]),
    ...droppedWarnings('defaultParameters', known.defaultParameters, change.defaultParameters),
  ];
  return { ...changed, warnings };
}

export async function removeApplicationClass(
  { tx, caller }: Call<ApplicationClassesTable>,
  id: string,
  revision?: ExpectedRevisions,
): Promise<void> {
  const { name } = await ownAsRead(tx.applicationClasses, caller, 'application class', id, revision);
  const found = await tx.applicationClasses.referrers(caller.organizationId, id);
  refuseWhileReferred(
    `The application class ${name}`,
    'removed',
    {
      'application instance': found.instanceCount,
      'retired application instance': found.retiredInstanceCount,
      'protection plan': found.protectionPlanCount,
    },
    'Give the application instances another class, and remove the protection plans.',
  );
  await tx.applicationClasses.remove(caller.organizationId, id);
}
