/** Counts what an organization has, for its quotas. No count goes far beyond its limit. */

import { z } from 'zod';
import type { QuotasTable } from '../../core/access/ports.ts';
import type { QuotaKind, QuotaLimits, QuotaUsage } from '../../core/access/rules/quotas.ts';
import { type Sql, select } from '../kit/sql.ts';

const tables: Readonly<Record<QuotaKind, string>> = {
  clusters: 'cluster where retired_at is null',
  'application instances': 'application_instance where retired_at is null',
  schedules: 'schedule where deleted_at is null',
};

const Counted = z.tuple([z.object({ count: z.int() })]);

export function quotasTable(client: Sql, limits: QuotaLimits): QuotasTable {
  const count = async (kind: QuotaKind, column: string, id: string, limit: number) => {
    const text = `select count(*)::int as count from (select from ${tables[kind]} and ${column} = $1::uuid limit $2::int) r`;
    return Counted.parse(await select(client, text, [id, limit + 1]))[0].count;
  };
  const limitsOf = (kind: QuotaKind) => {
    if (kind === 'clusters') return { organization: limits.organizationClusters };
    if (kind === 'schedules') return { organization: limits.organizationSchedules, cluster: limits.clusterSchedules };
    return { organization: limits.organizationApplications, cluster: limits.clusterApplications };
  };
  return {
    quotas: {
      async usage(kind, organizationId, clusterId) {
        const { organization, cluster } = limitsOf(kind);
        const usages: QuotaUsage[] = [
          {
            of: 'organization',
            limit: organization,
            count: await count(kind, 'organization_id', organizationId, organization),
          },
        ];
        if (cluster === undefined || clusterId === undefined) return usages;
        return [
          ...usages,
          { of: 'cluster', limit: cluster, count: await count(kind, 'cluster_id', clusterId, cluster) },
        ];
      },
    },
  };
}
