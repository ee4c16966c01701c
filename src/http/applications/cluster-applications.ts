/** /v1/clusters/{id}/applications: what runs in a cluster, whoever put it there, and registering it. */

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
  namespace: DnsLabel.optional().describe('Only those in the namespace.'),
  adopted: QueryBoolean.optional().describe('true: only those that are registered here; false: only the others.'),
  ready: QueryBoolean.optional().describe('true: only those that are ready; false: only the others.'),
  gone: QueryBoolean.optional().describe('true: only those that are gone; false: only those that are there.'),
};
const ByIds = ById.extend({ applicationId: Id.describe('The id of the application in the list.') });

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
          'All ApplicationInstances that the watch of the cluster has seen, whoever put them there, also those that are gone. What carries no `applicationInstanceId` is not registered here: `adoptClusterApplication` does that.',
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
          'Registers it as an application instance, so that it can be backed up and restored from here; nothing happens in the cluster. Operations that others made for it are joined with it: their copies count for its protection. Refused with `already-exists` when it is registered, and with 422 when it is gone.',
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
