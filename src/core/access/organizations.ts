/** Organizations: creating one, and changing its name, its limit and its suspension. Both need platform:admin. */
import { notFound } from '../kernel/rules/problem.ts';
import { atRevision, type Call, type ExpectedRevisions, type Reading } from './call.ts';
import type { OrganizationsTable } from './ports.ts';
import { type NewOrganization, type Organization, type OrganizationChange, requireScope } from './rules/access.ts';

export async function changeOrganization(
  { tx, caller, now }: Call<OrganizationsTable>,
  id: string,
  change: OrganizationChange,
  revision?: ExpectedRevisions,
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

export async function createOrganization(
  { tx, caller, now, vault }: Call<OrganizationsTable>,
  input: NewOrganization,
): Promise<Organization> {
  requireScope(caller, 'platform:admin');
  const organization: Organization = {
    id: vault.newId(),
    ...input,
    suspend: false,
    createdAt: now,
    updatedAt: now,
    revision: 1,
  };
  await tx.organizations.insert(organization);
  return organization;
}

/** The caller's organization allows no schedule to fire more often, in seconds; `undefined` without a limit. */
export async function minimumIntervalSeconds({
  tx,
  caller,
}: Pick<Reading<OrganizationsTable>, 'tx' | 'caller'>): Promise<number | undefined> {
  return (await tx.organizations.find(caller.organizationId, caller.organizationId))?.minimumIntervalSeconds;
}
