/**
 * Quotas: how many clusters, applications and schedules an organization may have, and how many of them in one cluster.
 * They keep one tenant's rows from being everybody's load. Requests at the same moment may exceed a quota by as many.
 */

import { Refusal } from '../../kernel/rules/problem.ts';
import { accessProblem } from './problems.ts';

export interface QuotaLimits {
  readonly organizationClusters: number;
  readonly organizationApplications: number;
  readonly clusterApplications: number;
  readonly organizationSchedules: number;
  readonly clusterSchedules: number;
}

export type QuotaKind = 'clusters' | 'application instances' | 'schedules';

/** How many there are, of how many there may be. */
export interface QuotaUsage {
  readonly of: 'organization' | 'cluster';
  readonly count: number;
  readonly limit: number;
}

/** Throws the Refusal `quota-exceeded`, with limit and count, unless there is room for `adding` more. */
export function refuseBeyondQuota(kind: QuotaKind, usages: readonly QuotaUsage[], adding = 1): void {
  const full = usages.find(({ count, limit }) => count + adding > limit);
  if (full === undefined) return;
  const { of, count, limit } = full;
  throw new Refusal(
    accessProblem['quota-exceeded'],
    `The ${of} has ${count} ${kind}, and may have ${limit}; this request adds ${adding}. Remove some that are not needed, or ask the operator of the service for more.`,
  );
}
