/** Looks, before anything is claimed for a cluster, at what must not be sent there yet (rules/hold-back.ts). */
import type { ClusterChecks } from '../clusters/ports.ts';
import type { Cluster } from '../clusters/rules/cluster.ts';
import { approvalDemand } from '../clusters/rules/restore-approval.ts';
import type { ApprovalClaims } from './approval-claims.ts';
import type { Deliveries } from './ports.ts';
import { decideHold } from './rules/hold-back.ts';

export interface HoldPorts {
  readonly deliveries: Pick<Deliveries, 'holdBack' | 'unsentRestores'>;
  readonly approvalClaims: ApprovalClaims;
  readonly clusterChecks: Pick<ClusterChecks, 'want'>;
}

/** The claims with which Restores may be sent, by the id of the Operation. Absent: none is demanded. */
export type Claims = ReadonlyMap<string, string> | undefined;

/** A cluster of which it is not known whether it demands approvals is checked soon, if a Restore waits for that. */
export async function holdBack(ports: HoldPorts, cluster: Cluster, now: string): Promise<Claims> {
  const { deliveries, approvalClaims, clusterChecks } = ports;
  const demand = approvalDemand(cluster);
  const restores = demand.demanded ? await deliveries.unsentRestores(cluster.id, now) : [];
  const claims = restores.length === 0 ? new Map<string, string>() : await approvalClaims.of(restores);
  if (demand.assumed && restores.some((id) => !claims.has(id))) await clusterChecks.want(cluster.id, now);
  const approvals = { ...demand, approved: new Set(claims.keys()) };
  await deliveries.holdBack(cluster.id, now, (unsent) => decideHold(unsent, approvals, now));
  return demand.demanded ? claims : undefined;
}
