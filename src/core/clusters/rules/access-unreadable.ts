/** Access to a cluster that is stored and does not open: it was sealed with another key, or somebody changed it. */
import type { ReportedCondition } from '../../kernel/rules/condition.ts';
import type { Cluster } from './cluster.ts';
import { clusterCondition } from './reasons.ts';

/** Thrown instead of the access. Other clusters are not concerned. */
export class AccessUnreadable extends Error {
  readonly cluster: Cluster;

  constructor(cluster: Cluster, cause: unknown) {
    super(`The stored access to the cluster ${cluster.id} cannot be opened.`, { cause });
    this.name = 'AccessUnreadable';
    this.cluster = cluster;
  }
}

const notAsked = 'The cluster was not called, because the stored access to it cannot be opened.';

/** The cluster is not called, so all that is known is that nobody can. */
export function accessUnreadableConditions(): readonly ReportedCondition[] {
  return [
    clusterCondition('Reachable', 'Unknown', 'AccessUnreadable', notAsked, ''),
    clusterCondition(
      'Authenticated',
      'False',
      'AccessUnreadable',
      'The stored access cannot be opened: it was sealed with another SECRETS_KEY, or was changed. Give the access again (changeCluster).',
      '',
    ),
    clusterCondition('OperatorReady', 'Unknown', 'AccessUnreadable', notAsked, ''),
  ];
}
