/** /v1/clusters: where Operations are delivered. How a cluster is reached goes in and never comes out. */
import { own } from '../../core/access/call.ts';
import { type CheckNowPorts, checkCluster } from '../../core/clusters/check.ts';
import { changeCluster, registerCluster, removeCluster } from '../../core/clusters/clusters.ts';
import type { ClustersTable, CredentialsTable, ForgettingTable, KubeconfigReader } from '../../core/clusters/ports.ts';
import { Cluster, ClusterChange, ClusterStatus, NewCluster } from '../../core/clusters/rules/cluster.ts';
import { clusterStatus, clusterStatuses } from '../../core/clusters/status.ts';
import type { EventsTable } from '../../core/kernel/ports.ts';
import { Event } from '../../core/kernel/rules/event.ts';
import { callerOf } from '../kit/auth.ts';
import { answerOnce, answerOnceOutsideTransaction, created, done, write } from '../kit/calls.ts';
import { CreationOrder, EventOrder, listed, listOf, listQuery } from '../kit/paging.ts';
import { ById, ChangeHeaders, PostHeaders } from '../kit/parameters.ts';
import type { Api, RoutePorts } from '../kit/ports.ts';
import { expectedRevision, tagged } from '../kit/revisions.ts';
import { about } from '../kit/route.ts';

const tag = 'clusters';
const EventList = listOf('EventList', Event, 'events');
const ClusterList = listOf('ClusterList', ClusterStatus, 'clusters');

export function clusterRoutes(
  api: Api,
  ports: RoutePorts<ClustersTable & CredentialsTable & ForgettingTable & EventsTable> &
    Omit<CheckNowPorts, 'chance'> & {
      readonly readKubeconfig: KubeconfigReader;
    },
): void {
  const { clusters, events } = ports.store.tables;

  api.post(
    '/v1/clusters',
    about(
      {
        operationId: 'registerCluster',
        scope: 'clusters:write',
        tag,
        summary: 'Register a cluster',
        description:
          'Give either `kubeconfig`, or `server` with `ca` and `token`. Credentials are stored sealed and are in no answer. The cluster is not called by this; a connector looks at it within seconds, and `checkCluster` does at once.',
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
    (request) =>
      listed(request.query, async (query) => {
        const page = await clusters.page(callerOf(request).organizationId, query);
        return { ...page, items: await clusterStatuses(ports, page.items) };
      }),
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
      { params: ById, response: { 200: ClusterStatus } },
    ),
    async (request, reply) => {
      const cluster = await own(clusters, callerOf(request), 'cluster', request.params.id);
      return tagged(reply, await clusterStatus(ports, cluster));
    },
  );

  api.get(
    '/v1/clusters/:id/events',
    about(
      {
        operationId: 'listClusterEvents',
        scope: 'clusters:read',
        tag,
        summary: 'List the events of a cluster',
        description:
          'What happened to the cluster itself, the oldest first: when it could not be reached, when its credentials were rejected, and so on. Trouble is told once it has lasted ten seconds, its end once that has lasted thirty.',
      },
      { params: ById, querystring: listQuery(EventOrder.default('at'), {}), response: { 200: EventList } },
    ),
    async (request) => {
      const { id } = await own(clusters, callerOf(request), 'cluster', request.params.id);
      return listed(request.query, (query) => events.ofCluster(id, query));
    },
  );

  api.patch(
    '/v1/clusters/:id',
    about(
      {
        operationId: 'changeCluster',
        scope: 'clusters:write',
        tag,
        summary: 'Change a cluster',
        description:
          'Access is replaced as a whole; a connector then looks at the cluster anew within seconds, without a restart.',
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
      await write(ports, request, (call) => removeCluster(call, request.params.id, expectedRevision(request)));
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
          'Asks the cluster now what it is and what the credentials may do and see there, within 15 seconds, and records it as `discovery` and conditions; which parameters its operator accepts is asked by dry runs, which are never persisted. What may not be read is Unknown with the reason. A cluster that does not answer is no error of this request: `Reachable` is then False. The same happens by itself every ten minutes.',
      },
      { params: ById, headers: PostHeaders, response: { 200: ClusterStatus } },
    ),
    (request, reply) =>
      answerOnceOutsideTransaction(ports, request, reply, async () =>
        done(await checkCluster({ ...ports, chance: Math.random }, callerOf(request), request.params.id)),
      ),
  );
}
