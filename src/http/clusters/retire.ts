/** /v1/clusters/{id}/retire: a cluster that is gone, or is not backed up any more. */

import type { ClustersTable } from '../../core/clusters/ports.ts';
import { retireCluster } from '../../core/clusters/retire.ts';
import { Cluster } from '../../core/clusters/rules/cluster.ts';
import type { EventsTable } from '../../core/kernel/ports.ts';
import { answerOnce, done } from '../kit/calls.ts';
import { ById, PostHeaders } from '../kit/parameters.ts';
import type { Api, RoutePorts } from '../kit/ports.ts';
import { about } from '../kit/route.ts';

export function retireClusterRoutes(api: Api, ports: RoutePorts<ClustersTable & EventsTable>): void {
  api.post(
    '/v1/clusters/:id/retire',
    about(
      {
        operationId: 'retireCluster',
        scope: 'clusters:write',
        tag: 'clusters',
        summary: 'Retire a cluster',
        description:
          'The record, its events and its Operations stay, and lists leave it out unless they are asked (`includeRetired`). The service forgets its credentials and the token of its agent, stops watching it, and gives up what it still owes to it. Its recovery points are not listed any more, because nothing here can restore them. Its name may be used again. The service refuses it with `in-use`, with counts, while application instances that are not retired are in it, or Operations have not ended. Nothing happens in the cluster. Retiring it again changes nothing.',
      },
      { params: ById, headers: PostHeaders, response: { 200: Cluster } },
    ),
    (request, reply) =>
      answerOnce(ports, request, reply, async (call) => done(await retireCluster(call, request.params.id))),
  );
}
