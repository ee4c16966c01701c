/** /v1/clusters/{id}/applications: all applications of a cluster, no matter who created them, and adopting one. */

import { own } from '../../core/access/call.ts';
import { type AdoptionTables, adoptApplication } from '../../core/applications/adopt.ts';
import { ApplicationInstance } from '../../core/applications/rules/application.ts';
import { Adoption, ClusterApplication } from '../../core/applications/rules/cluster-application.ts';
import { Id } from '../../core/kernel/rules/fields.ts';
import { DnsLabel } from '../../core/kernel/rules/names.ts';
import { callerOf } from '../kit/auth.ts';
import { answerOnce, created } from '../kit/calls.ts';
import { CreationOrder, listed, listOf, listQuery } from '../kit/paging.ts';
import { ById, PostHeaders, QueryBoolean } from '../kit/parameters.ts';
import type { Api, RoutePorts } from '../kit/ports.ts';
import { about } from '../kit/route.ts';

const tag = 'clusters';
const ClusterApplicationList = listOf('ClusterApplicationList', ClusterApplication, 'applications of a cluster');
const filters = {
  namespace: DnsLabel.optional().describe('Only applications in this namespace.'),
  adopted: QueryBoolean.optional().describe(
    'true: only applications that are registered here. false: only the others.',
  ),
  ready: QueryBoolean.optional().describe('true: only applications that are ready. false: only the others.'),
  gone: QueryBoolean.optional().describe(
    'true: only applications that are gone from the cluster. false: only applications that are in it.',
  ),
};
const ByIds = ById.extend({ applicationId: Id.describe('The id of the application in the list of the cluster.') });

export function clusterApplicationRoutes(api: Api, ports: RoutePorts<AdoptionTables>): void {
  const { clusters, clusterApplications } = ports.store.tables;

  api.get(
    '/v1/clusters/:id/applications',
    about(
      {
        operationId: 'listClusterApplications',
        scope: 'application-instances:read',
        tag,
        summary: 'List the applications of a cluster',
        description:
          'All ApplicationInstances that the watch of the cluster has seen, no matter who created them, including those that are gone. An application without `applicationInstanceId` is not registered here; `adoptClusterApplication` registers it.',
      },
      {
        params: ById,
        querystring: listQuery(CreationOrder.default('createdAt'), filters),
        response: { 200: ClusterApplicationList },
      },
    ),
    async (request) => {
      const { organizationId } = callerOf(request);
      const { id } = await own(clusters, callerOf(request), 'cluster', request.params.id);
      return listed(request.query, (query) => clusterApplications.page(organizationId, id, query));
    },
  );

  api.post(
    '/v1/clusters/:id/applications/:applicationId/adopt',
    about(
      {
        operationId: 'adoptClusterApplication',
        scope: 'application-instances:write',
        tag,
        summary: 'Adopt an application of a cluster',
        description:
          'Registers it as an application instance, so that this service can back it up and restore it. Nothing happens in the cluster. Operations that others made for it are joined with it, and their copies count for its protection. The service refuses it with `already-exists` when it is registered, and with 422 when it is gone.',
      },
      { params: ByIds, headers: PostHeaders, body: Adoption, response: { 201: ApplicationInstance } },
    ),
    (request, reply) =>
      answerOnce(ports, request, reply, async (call) => {
        const { id, applicationId } = request.params;
        return created('/v1/application-instances', await adoptApplication(call, id, applicationId, request.body));
      }),
  );
}
