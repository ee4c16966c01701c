/** /v1/clusters: the clusters that Operations are delivered to. Requests carry their credentials, answers never do. */
import { own } from '../../core/access/call.ts';
import type { QuotasTable } from '../../core/access/ports.ts';
import { type CheckNowPorts, checkCluster } from '../../core/clusters/check.ts';
import {
  type AccessPorts,
  changeCluster,
  readAccess,
  registerCluster,
  removeCluster,
} from '../../core/clusters/clusters.ts';
import type { ClustersTable, CredentialsTable, ForgettingTable } from '../../core/clusters/ports.ts';
import { Cluster, ClusterChange, ClusterStatus, NewCluster } from '../../core/clusters/rules/cluster.ts';
import { clusterStatus, clusterStatuses } from '../../core/clusters/status.ts';
import type { EventsTable } from '../../core/kernel/ports.ts';
import { Event } from '../../core/kernel/rules/event.ts';
import { refuseRetired } from '../../core/kernel/rules/referrers.ts';
import { callerOf } from '../kit/auth.ts';
import { answerOnce, answerOnceOutsideTransaction, created, done, write } from '../kit/calls.ts';
import { CreationOrder, EventOrder, includeRetired, listed, listOf, listQuery, unretired } from '../kit/paging.ts';
import { ById, ChangeHeaders, PostHeaders } from '../kit/parameters.ts';
import type { Api, RoutePorts } from '../kit/ports.ts';
import { expectedRevision, tagged } from '../kit/revisions.ts';
import { about } from '../kit/route.ts';

const tag = 'clusters';
const EventList = listOf('EventList', Event, 'events');
const ClusterList = listOf('ClusterList', ClusterStatus, 'clusters');

export function clusterRoutes(
  api: Api,
  ports: RoutePorts<ClustersTable & CredentialsTable & ForgettingTable & QuotasTable & EventsTable> &
    Omit<CheckNowPorts, 'chance'> &
    AccessPorts,
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
          'Give either `kubeconfig`, or `server` with `ca` and `token`. The service stores credentials encrypted and returns them in no answer. This request does not call the cluster. A connector checks it within seconds; `checkCluster` checks it at once.',
      },
      { headers: PostHeaders, body: NewCluster, response: { 201: Cluster } },
    ),
    async (request, reply) => {
      const access = await readAccess(ports, callerOf(request), request.body);
      return answerOnce(ports, request, reply, async (call) =>
        created('/v1/clusters', await registerCluster(call, request.body, access)),
      );
    },
  );

  api.get(
    '/v1/clusters',
    about(
      { operationId: 'listClusters', scope: 'clusters:read', tag, summary: 'List clusters' },
      { querystring: listQuery(CreationOrder.default('createdAt'), includeRetired), response: { 200: ClusterList } },
    ),
    (request) =>
      listed(request.query, async (query) => {
        const page = await clusters.page(callerOf(request).organizationId, unretired(query));
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
        description: 'Only changes by the API raise the revision. Conditions and discovery change without it.',
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
          'The events of the cluster itself, oldest first by default: for example when it could not be reached or its credentials were rejected. The service records that a cluster is unreachable or not watched once that has lasted ten seconds. It records the end once that has lasted thirty.',
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
          'Access is replaced as a whole. A new `name` shows in the label of Operations that are made from then on. A connector then checks the cluster within seconds, without a restart.',
      },
      { params: ById, headers: ChangeHeaders, body: ClusterChange, response: { 200: Cluster } },
    ),
    async (request, reply) => {
      const { params, body } = request;
      const access = await readAccess(ports, callerOf(request), body, params.id);
      return tagged(
        reply,
        await write(ports, request, (call) => changeCluster(call, params.id, body, access, expectedRevision(request))),
      );
    },
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
          'Removes the record and the credentials; nothing happens in the cluster. The service refuses it with `in-use`, with counts, while application instances are in the cluster, or Operations that this service made refer to it: `retireCluster` is for those.',
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
          'Asks the cluster for its version, its resources and the rights of the credentials, within 15 seconds. It tries by dry runs, which the cluster never stores, which parameters the operator accepts. The service records the results in `discovery` and `conditions`; a part that it may not read is Unknown with the reason. A cluster that does not answer is no error of this request: `Reachable` is then False. The service does the same by itself every ten minutes.',
      },
      { params: ById, headers: PostHeaders, response: { 200: ClusterStatus } },
    ),
    (request, reply) =>
      answerOnceOutsideTransaction(ports, request, reply, async () => {
        const { id } = request.params;
        const { name, retiredAt } = await own(clusters, callerOf(request), 'cluster', id);
        refuseRetired(`The cluster ${name}`, retiredAt);
        return done(await checkCluster({ ...ports, chance: Math.random }, callerOf(request), id));
      }),
  );
}
