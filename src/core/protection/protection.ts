/**
 * Protection for the API: judged at the time of the request. A list is ordered and filtered by the recorded statuses.
 */

import type { Caller } from '../access/rules/access.ts';
import type { Clock } from '../kernel/ports.ts';
import type { Page, PageQuery } from '../kernel/rules/page.ts';
import { notFound } from '../kernel/rules/problem.ts';
import type { KnownProtection, Protections } from './ports.ts';
import { memoizedNextTwo } from './rules/expected-copies.ts';
import { judgeProtection, scheduleProtections } from './rules/judge-protection.ts';
import type { Protection } from './rules/protection.ts';
import { memoizedPeriod } from './rules/protection-target.ts';

interface ProtectionPorts {
  readonly protections: Protections;
  readonly clock: Clock;
}

const slots = { periodOf: memoizedPeriod(), nextTwo: memoizedNextTwo() };

export async function getProtection(
  { protections, clock }: ProtectionPorts,
  caller: Caller,
  id: string,
): Promise<Protection> {
  const now = await clock.now();
  const known = await protections.find(caller.organizationId, id, now);
  if (known === undefined) throw notFound('application instance', id);
  return judged(known, now);
}

/**
 * An application whose status has changed since it was recorded is left out of a list that asks for another status.
 * Within 15 s it is listed under its own.
 */
export async function listProtections(
  { protections, clock }: ProtectionPorts,
  caller: Caller,
  query: PageQuery,
): Promise<Page<Protection>> {
  const now = await clock.now();
  const { items, nextCursor } = await protections.page(caller.organizationId, query, now);
  const wanted = query.where?.status;
  return {
    items: items.map((known) => judged(known, now)).filter(({ status }) => wanted === undefined || status === wanted),
    nextCursor,
  };
}

function judged({ facts, recorded }: KnownProtection, now: string): Protection {
  const protection = judgeProtection(facts, now, slots);
  const schedules = scheduleProtections(facts, now, slots);
  return { ...protection, schedules, ...(recorded?.status === protection.status && { since: recorded.since }) };
}
