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
};
