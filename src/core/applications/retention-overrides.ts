/** An organization's own retention for an application class: set, read and removed as a whole. */

import { type Call, own, type Reading } from '../access/call.ts';
import { notFound } from '../kernel/rules/problem.ts';
import type { ApplicationClassesTable, RetentionOverridesTable } from './ports.ts';
import type { RetentionOverride } from './rules/application.ts';
import type { Retention } from './rules/retention.ts';

type OverridesTables = ApplicationClassesTable & RetentionOverridesTable;

export async function putOverride(
  { tx, caller, now }: Call<OverridesTables>,
  classId: string,
  retention: Retention,
): Promise<RetentionOverride> {
  await own(tx.applicationClasses, caller, 'application class', classId);
  return tx.overrides.put(caller.organizationId, classId, retention, now);
}

export async function findOverride(
  { tx, caller }: Pick<Reading<OverridesTables>, 'tx' | 'caller'>,
  classId: string,
): Promise<RetentionOverride> {
  await own(tx.applicationClasses, caller, 'application class', classId);
  const known = await tx.overrides.find(caller.organizationId, classId);
  if (known === undefined) throw notFound('retention override for the application class', classId);
  return known;
}

export async function removeOverride(call: Call<OverridesTables>, classId: string): Promise<void> {
  await findOverride(call, classId);
  await call.tx.overrides.remove(call.caller.organizationId, classId);
}
