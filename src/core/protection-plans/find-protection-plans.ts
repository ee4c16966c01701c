/** Finds and lists protection plans: the built-in ones, and the organization's own. */

import type { Reading } from '../access/call.ts';
import { given } from '../kernel/rules/fields.ts';
import type { Page, PageQuery } from '../kernel/rules/page.ts';
import { notFound, ruleViolated } from '../kernel/rules/problem.ts';
import type { ProtectionPlansTable } from './ports.ts';
import { builtInProtectionPlans, type ProtectionPlan } from './rules/protection-plan.ts';

export interface ProtectionPlanChoice {
  readonly protectionPlanId?: string | undefined;
  readonly protectionPlanName?: string | undefined;
}

type Lookup = Pick<Reading<ProtectionPlansTable>, 'tx' | 'caller'>;

/** The protection plan, built-in or the organization's own; else the Refusal `not-found`. */
export async function findProtectionPlan({ tx, caller }: Lookup, id: string) {
  const known = builtIn(caller.organizationId, id) ?? (await tx.protectionPlans.find(caller.organizationId, id));
  if (known === undefined) throw notFound('protection plan', id);
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

export function builtIn(organizationId: string, id: string): ProtectionPlan | undefined {
  return builtInProtectionPlans(organizationId).find((plan) => plan.id === id);
}
