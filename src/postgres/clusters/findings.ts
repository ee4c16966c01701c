/** Clusters whose conditions the operator of the service should know of. */
import type { clusterFindings } from '../../core/clusters/rules/findings.ts';
import type { observationFindings } from '../../core/observation/rules/findings.ts';
import type { FindingParts } from '../kit/findings.ts';

const withCondition = (type: string, reason: string) => `id, organization_id,
      (jsonb_path_query_first(conditions, '$[*] ? (@.type == "${type}")') ->> 'lastTransitionTime')::timestamptz
    from cluster
    where conditions @> '[{"type": "${type}", "reason": "${reason}"}]'`;

export const clusterFindingParts: FindingParts<keyof typeof clusterFindings | keyof typeof observationFindings> = {
  ClusterAtLocalAddress: withCondition('AddressAllowed', 'LocalAddress'),
  ClusterAtLimit: withCondition('Watching', 'LeftOut'),
  ClusterInTwoOrganizations: `c.id, c.organization_id, c.created_at
    from cluster c
    where c.kube_system_uid is not null and c.retired_at is null and exists (
      select from cluster other
      where other.kube_system_uid = c.kube_system_uid and other.organization_id <> c.organization_id and other.retired_at is null
    )`,
};
