/** /v1/clusters/{id}/copies: the Backups of Velero in a cluster, whoever made them. */

import { own } from '../../core/access/call.ts';
import type { ClustersTable } from '../../core/clusters/ports.ts';
import { Id } from '../../core/kernel/rules/fields.ts';
import type { VeleroCopies } from '../../core/velero/ports.ts';
import { VeleroCopy } from '../../core/velero/rules/velero-copy.ts';
import { callerOf } from '../kit/auth.ts';
import { CreationOrder, listed, listOf, listQuery } from '../kit/paging.ts';
import { ById, QueryBoolean } from '../kit/parameters.ts';
import type { Api, RoutePorts } from '../kit/ports.ts';
import { about } from '../kit/route.ts';

const VeleroCopyList = listOf('VeleroCopyList', VeleroCopy, "Velero's Backups");
const filters = {
  applicationInstanceId: Id.optional().describe('Only copies of this application, where that can be known.'),
  ofOperation: QueryBoolean.optional().describe(
    'true: only those that an Operation made. false: only those that others made.',
  ),
  orphaned: QueryBoolean.optional().describe('true: only those with `orphan`. false: only the others.'),
  gone: QueryBoolean.optional().describe('true: only those that are gone. false: only the others.'),
};

export function copyRoutes(
  api: Api,
  { store, veleroCopies }: RoutePorts<ClustersTable> & { readonly veleroCopies: VeleroCopies },
): void {
  api.get(
    '/v1/clusters/:id/copies',
    about(
      {
        operationId: 'listClusterCopies',
        scope: 'operations:read',
        tag: 'clusters',
        summary: 'List the copies that Velero has in a cluster',
        description:
          'All Backups of Velero that the watch has seen, whoever made them: Operations, a Schedule of Velero, or a person. `orphan` marks those that nobody expects. The list is empty while the condition VeleroKnown of the cluster is not True from the beginning: the rights are optional (docs/rbac-discovery.yaml).',
      },
      {
        params: ById,
        querystring: listQuery(CreationOrder.default('-createdAt'), filters),
        response: { 200: VeleroCopyList },
      },
    ),
    async (request) => {
      const { id, organizationId } = await own(store.tables.clusters, callerOf(request), 'cluster', request.params.id);
      return listed(request.query, (query) => veleroCopies.page(organizationId, id, query));
    },
  );
}
