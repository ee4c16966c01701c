/**
 * Creates, finds, lists, changes and removes protection plans. The built-in ones count as the organization's own, but
 * cannot be changed. A change of a protection plan and of all schedules that follow it is one transaction, so no application
 * instance follows half of it.
 */

import { atRevision, type Call, type Reading, refuseStale } from '../access/call.ts';
import { minimumIntervalSeconds } from '../access/organizations.ts';
import type { OrganizationsTable } from '../access/ports.ts';
import type { ApplicationClassesTable, ClusterApplicationsTable } from '../applications/ports.ts';
import type { ApplicationInstance } from '../applications/rules/application.ts';
import { given } from '../kernel/rules/fields.ts';
import type { Page, PageQuery } from '../kernel/rules/page.ts';
import { notFound, Refusal, ruleViolated } from '../kernel/rules/problem.ts';
import type { Schedule } from '../scheduling/rules/schedule.ts';
import type { ProtectionPlansTable } from './ports.ts';
import { protectionPlanAcceptance } from './protection-plan-acceptance.ts';
import {
  builtInProtectionPlans,
  checkEntries,
  entriesOf,
  keptNote,
  type NewProtectionPlan,
  type ProtectionPlan,
  type ProtectionPlanChange,
  type SavedProtectionPlan,
  type StoredProtectionPlan,
} from './rules/protection-plan.ts';
import { type ReconciledSchedules, reconcileSchedules } from './rules/reconcile-schedules.ts';

const kind = 'protection plan';
export type ProtectionPlanTables = ProtectionPlansTable &
  ApplicationClassesTable &
  ClusterApplicationsTable &
  OrganizationsTable;
type Lookup = Pick<Reading<ProtectionPlansTable>, 'tx' | 'caller'>;

export async function createProtectionPlan(
  call: Call<ProtectionPlansTable & ApplicationClassesTable & OrganizationsTable>,
  input: NewProtectionPlan,
): Promise<SavedProtectionPlan> {
  const { tx, caller, now, vault } = call;
  refuseBuiltInName(input.name);
  if (
    input.applicationClassId !== undefined &&
    (await tx.applicationClasses.find(caller.organizationId, input.applicationClassId)) === undefined
  ) {
    throw ruleViolated('/applicationClassId', `There is no application class ${input.applicationClassId}.`);
  }
  const plan: StoredProtectionPlan = {
    ...input,
    id: vault.newId(),
    organizationId: caller.organizationId,
    timeZone: input.timeZone ?? 'Etc/UTC',
    entries: entriesOf(input.entries),
    createdAt: now,
    updatedAt: now,
    revision: 1,
  };
  const warnings = checkEntries(plan, now, await minimumIntervalSeconds(call));
  await tx.protectionPlans.insert(plan);
  return { ...plan, builtIn: false, appliedCount: 0, warnings, note: keptNote };
}

/** The protection plan, built-in or the organization's own; else the Refusal `not-found`. */
export async function findProtectionPlan({ tx, caller }: Lookup, id: string) {
  const known = builtIn(caller.organizationId, id) ?? (await tx.protectionPlans.find(caller.organizationId, id));
  if (known === undefined) throw notFound(kind, id);
  return { builtIn: false, ...known };
}

/** The protection plan that a body names by id or by name; the Refusal `rule-violated` when there is none. */
export async function chosenProtectionPlan(
  { tx, caller }: Lookup,
  { protectionPlanId: id, protectionPlanName: name }: ProtectionPlanChoice,
): Promise<ProtectionPlan> {
  if ((id === undefined) === (name === undefined)) {
    throw ruleViolated('/protectionPlanId', 'or protectionPlanName must be given, but not both.');
  }
  const { organizationId } = caller;
  const own = builtInProtectionPlans(organizationId).find((plan) => plan.id === id || plan.name === name);
  if (own !== undefined) return own;
  const stored =
    id === undefined
      ? await tx.protectionPlans.findNamed(organizationId, name ?? '')
      : await tx.protectionPlans.find(organizationId, id);
  if (stored === undefined) {
    throw ruleViolated(
      id === undefined ? '/protectionPlanName' : '/protectionPlanId',
      `There is no protection plan ${id ?? name}.`,
    );
  }
  return { ...stored, builtIn: false };
}

export interface ProtectionPlanChoice {
  readonly protectionPlanId?: string | undefined;
  readonly protectionPlanName?: string | undefined;
}

/** A page of all protection plans. The built-in ones sort before all others, as the oldest. */
export async function listProtectionPlans({ tx, caller }: Lookup, query: PageQuery): Promise<Page<ProtectionPlan>> {
  const { limit, cursor, descending = false, where = {} } = query;
  const beyond = (id: string) => cursor === undefined || (descending ? id < cursor : id > cursor);
  const fits = (plan: ProtectionPlan) =>
    Object.entries({ ...plan, ...given(where) }).every(([key, value]) => Reflect.get(plan, key) === value);
  const fixed = builtInProtectionPlans(caller.organizationId).filter((plan) => beyond(plan.id) && fits(plan));
  const page = await tx.protectionPlans.page(caller.organizationId, query);
  const stored = page.items.map((plan) => ({ ...plan, builtIn: false }));
  const all = descending ? [...stored, ...fixed.toReversed()] : [...fixed, ...stored];
  const items = all.slice(0, limit);
  const more = all.length > limit || page.nextCursor !== undefined;
  return { items, nextCursor: more ? items.at(-1)?.id : undefined };
}

export async function changeProtectionPlan(
  call: Call<ProtectionPlansTable & ClusterApplicationsTable & OrganizationsTable>,
  id: string,
  { entries, ...change }: ProtectionPlanChange,
  revision?: number,
): Promise<SavedProtectionPlan> {
  const { tx, caller, now } = call;
  const known = await lockOwn(call, id);
  if (change.name !== undefined) refuseBuiltInName(change.name);
  const wanted = {
    ...atRevision(known, revision),
    ...given(change),
    ...(entries !== undefined && { entries: entriesOf(entries) }),
    updatedAt: now,
  };
  const warnings = checkEntries(wanted, now, entries === undefined ? undefined : await minimumIntervalSeconds(call));
  const plan = await tx.protectionPlans.update(wanted);
  const applied = await tx.protectionPlans.lockApplied(caller.organizationId, id);
  const { reconciled, known: before } = await reconcileInstances(call, plan, applied);
  const accepted = await acceptChange(call, plan, applied, reconciled, before);
  await tx.protectionPlans.write(reconciled, now);
  return {
    ...plan,
    builtIn: false,
    appliedCount: applied.length,
    warnings: [...warnings, ...accepted],
    note: keptNote,
  };
}

/** Refused (`in-use`) while it is applied. */
export async function removeProtectionPlan(
  call: Call<ProtectionPlansTable>,
  id: string,
  revision?: number,
): Promise<void> {
  const { tx, caller } = call;
  const known = await lockOwn(call, id);
  refuseStale(kind, known, revision);
  const { length } = await tx.protectionPlans.lockApplied(caller.organizationId, id);
  if (length > 0) {
    throw new Refusal(
      'in-use',
      `The ${kind} ${known.name} is applied to ${length} application instance${length === 1 ? '' : 's'}; detach it there, or apply another one.`,
    );
  }
  await tx.protectionPlans.remove(caller.organizationId, id);
}

/**
 * Judges the schedules that are made, or whose ttl changes, by what their clusters are known to accept. If one application
 * instance cannot follow, the change is refused for all.
 */
async function acceptChange(
  call: Call<ProtectionPlansTable & ClusterApplicationsTable>,
  plan: StoredProtectionPlan,
  applied: readonly ApplicationInstance[],
  { made, changed }: ReconciledSchedules,
  before: readonly Schedule[],
): Promise<readonly string[]> {
  const ttls = new Map(before.map(({ id, ttl }) => [id, ttl]));
  const judged = [...made, ...changed.filter(({ id, ttl }) => ttls.get(id) !== ttl)];
  if (judged.length === 0) return [];
  const { unaccepted, warnings } = await protectionPlanAcceptance(call, judged, applied, (entry, field) => {
    const at = `/entries/${plan.entries.findIndex(({ name }) => name === entry)}`;
    return field === 'ttl' ? `${at}/ttl` : at;
  });
  if (unaccepted.length === 0) return warnings;
  throw new Refusal(
    'rule-violated',
    `The protection plan ${plan.name} is applied in a cluster whose operator does not accept all that the change asks for. Nothing was changed, at no application instance. Solve it there, or detach the protection plan there first.`,
    { errors: unaccepted },
  );
}

/** Reconciles the schedules of these application instances; without a `plan`, their schedules of protection plans go. */
export async function reconcileInstances(
  { tx, now, vault }: Call<ProtectionPlansTable>,
  plan: StoredProtectionPlan | undefined,
  instances: readonly ApplicationInstance[],
): Promise<{ readonly reconciled: ReconciledSchedules; readonly known: readonly Schedule[] }> {
  const known = await tx.protectionPlans.lockSchedules(instances.map(({ id }) => id));
  const byInstance = Map.groupBy(known, ({ applicationInstanceId }) => applicationInstanceId);
  const each = instances.map((instance) =>
    reconcileSchedules(instance, plan, byInstance.get(instance.id) ?? [], now, vault),
  );
  const reconciled: ReconciledSchedules = {
    made: each.flatMap(({ made }) => made),
    changed: each.flatMap(({ changed }) => changed),
    kept: each.flatMap(({ kept }) => kept),
    removed: each.flatMap(({ removed }) => removed),
    fires: each.flatMap(({ fires }) => fires),
  };
  return { reconciled, known };
}

/** Locks one of the organization's own protection plans for a change. A built-in one is refused. */
async function lockOwn({ tx, caller }: Call<ProtectionPlansTable>, id: string): Promise<StoredProtectionPlan> {
  if (builtIn(caller.organizationId, id) !== undefined) {
    throw new Refusal(
      'rule-violated',
      'A built-in protection plan cannot be changed or removed; create one of your own.',
    );
  }
  const known = await tx.protectionPlans.lock(caller.organizationId, id);
  if (known === undefined) throw notFound(kind, id);
  return known;
}

function builtIn(organizationId: string, id: string): ProtectionPlan | undefined {
  return builtInProtectionPlans(organizationId).find((plan) => plan.id === id);
}

function refuseBuiltInName(name: string): void {
  if (!builtInProtectionPlans('').some((plan) => plan.name === name)) return;
  throw new Refusal('already-exists', `${name} is the name of a built-in protection plan.`, {
    errors: [{ pointer: '/name', detail: 'is taken; choose another name.' }],
  });
}
