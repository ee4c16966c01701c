/** The catalog of application classes: adding, changing and removing one. All organizations share it. */

import { atRevision, type Call, type ExpectedRevisions, ownAsRead, ownLocked } from '../access/call.ts';
import { given } from '../kernel/rules/fields.ts';
import type { ApplicationClassesTable } from './ports.ts';
import {
  type ApplicationClass,
  type ApplicationClassChange,
  defaultDeadlines,
  type NewApplicationClass,
} from './rules/application.ts';
import { defaultRetention } from './rules/retention.ts';

export async function createApplicationClass(
  { tx, now, vault }: Call<ApplicationClassesTable>,
  input: NewApplicationClass,
): Promise<ApplicationClass> {
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
  return made;
}

export async function changeApplicationClass(
  { tx, caller, now }: Call<ApplicationClassesTable>,
  id: string,
  change: ApplicationClassChange,
  revision?: ExpectedRevisions,
): Promise<ApplicationClass> {
  const known = await ownLocked(tx.applicationClasses, caller, 'application class', id);
  const { recoveryPointTargetSeconds: target, ...rest } = change;
  const { recoveryPointTargetSeconds: knownTarget, ...base } = atRevision(known, revision);
  const recoveryPointTargetSeconds = target === undefined ? knownTarget : (target ?? undefined);
  return tx.applicationClasses.update({
    ...base,
    ...given({ ...rest, recoveryPointTargetSeconds }),
    updatedAt: now,
  });
}

export async function removeApplicationClass(
  { tx, caller }: Call<ApplicationClassesTable>,
  id: string,
  revision?: ExpectedRevisions,
): Promise<void> {
  await ownAsRead(tx.applicationClasses, caller, 'application class', id, revision);
  await tx.applicationClasses.remove(caller.organizationId, id);
}
