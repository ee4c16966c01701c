/** /v1/clusters: where Operations are delivered. How a cluster is reached goes in and never comes out. */
import { own } from '../../app/call.ts';
import { changeCluster, checkCluster, registerCluster, removeCluster } from '../../app/clusters.ts';
import { Cluster, ClusterChange, NewCluster } from '../../domain/cluster.ts';
import { callerOf } from '../auth.ts';
import { answerOnce, answerOnceBetween, created, done, write } from '../calls.ts';
import { CreationOrder, listed, listOf, listQuery } from '../paging.ts';
import { ById, ChangeHeaders, PostHeaders } from '../parameters.ts';
import type { Api, HttpPorts } from '../ports.ts';
import { expectedRevision, requireRevision, tagged } from '../revisions.ts';
import { about } from '../route.ts';

const tag = 'clusters';
const ClusterList = listOf('ClusterList', Cluster, 'clusters');

export function clusterRoutes(api: Api, ports: HttpPorts): void {
  const { clusters } = ports.store.tables;

  api.post(
    '/v1/clusters',
    about(
      {
        operationId: 'registerCluster',
        scope: 'clusters:write',
        tag,
        summary: 'Register a cluster',
        description:
          'Give either `kubeconfig`, or `server` with `ca` and `token`. Credentials are stored sealed and are in no answer. The cluster is not called by this; `checkCluster` does.',
      },
      { headers: PostHeaders, body: NewCluster, response: { 201: Cluster } },
    ),
    (request, reply) =>
      answerOnce(ports, request, reply, async (call) =>
        created('/v1/clusters', await registerCluster(call, request.body, ports.readKubeconfig)),
      ),
  );

  api.get(
    '/v1/clusters',
    about(
      { operationId: 'listClusters', scope: 'clusters:read', tag, summary: 'List clusters' },
      { querystring: listQuery(CreationOrder.default('createdAt'), {}), response: { 200: ClusterList } },
    ),
    (request) => listed(request.query, (query) => clusters.page(callerOf(request).organizationId, query)),
  );

  api.get(
    '/v1/clusters/:id',
    about(
      {
        operationId: 'getCluster',
        scope: 'clusters:read',
        tag,
        summary: 'Get a cluster',
        description: 'Its revision counts what the API changes; conditions and discovery change without it.',
      },
      { params: ById, response: { 200: Cluster } },
    ),
    async (request, reply) => tagged(reply, await own(clusters, callerOf(request), 'cluster', request.params.id)),
  );

  api.patch(
    '/v1/clusters/:id',
    about(
      {
        operationId: 'changeCluster',
        scope: 'clusters:write',
        tag,
        summary: 'Change a cluster',
        description: 'Access is replaced as a whole.',
      },
      { params: ById, headers: ChangeHeaders, body: ClusterChange, response: { 200: Cluster } },
    ),
    async (request, reply) =>
      tagged(
        reply,
        await write(ports, request, (call) =>
          changeCluster(call, request.params.id, request.body, ports.readKubeconfig, expectedRevision(request)),
        ),
      ),
  );

  api.delete(
    '/v1/clusters/:id',
    about(
      {
        operationId: 'removeCluster',
        scope: 'clusters:write',
        tag,
        summary: 'Remove a cluster',
        description:
          'Only the record and the credentials; nothing happens in the cluster. Refused with `in-use` while application instances are in it.',
        refusals: [409],
      },
      { params: ById, headers: ChangeHeaders },
    ),
    async (request, reply) => {
      const { id } = request.params;
      await write(ports, request, async (call) => {
        await requireRevision(call.tx.clusters, call.caller, 'cluster', id, expectedRevision(request));
        await removeCluster(call, id);
      });
      return reply.code(204).send();
    },
  );

  api.post(
    '/v1/clusters/:id/check',
    about(
      {
        operationId: 'checkCluster',
        scope: 'clusters:write',
        tag,
        summary: 'Check a cluster',
        description:
          'Asks the cluster now for its version, the Operation resource and the permissions of the credentials, within 15 seconds, and records it as `discovery` and conditions. A cluster that does not answer is no error of this request: `Reachable` is then False.',
      },
      { params: ById, headers: PostHeaders, response: { 200: Cluster } },
    ),
    (request, reply) =>
      answerOnceBetween(ports, request, reply, async () =>
        done(await checkCluster(ports, callerOf(request), request.params.id)),
      ),
  );
}
