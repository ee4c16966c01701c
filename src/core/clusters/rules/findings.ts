/** What checks report of clusters that the operator of the service should know. */
import type { FindingRows } from '../../kernel/rules/finding.ts';

export const clusterFindings = {
  ClusterAtLocalAddress: {
    resourceType: 'Cluster',
    text: 'a cluster has a loopback address or that of a server of the service, where new registrations may not lead',
    whatToDo:
      'It was registered before this rule and goes on to be used. If it belongs there, allow the range (ALLOWED_CLUSTER_ADDRESSES); otherwise ask its owner for another address (changeCluster).',
    since: '0.1',
  },
  ClusterInTwoOrganizations: {
    resourceType: 'Cluster',
    text: 'the same API server is registered by several organizations',
    whatToDo:
      'Another organization has registered the same API server (the same uid of the namespace kube-system). Each sees in its own cluster what the credentials allow. Make sure that both may, and that no application is backed up twice. Neither organization is told of the other.',
    since: '0.1',
  },
} as const satisfies FindingRows;
