/** /v1/operations/{id}/…: the events of an Operation, and its resource in the cluster. */

import { stringify } from 'yaml';
import { z } from 'zod';
import { own } from '../../core/access/call.ts';
import type { ClustersTable } from '../../core/clusters/ports.ts';
import type { EventsTable } from '../../core/kernel/ports.ts';
import { Event } from '../../core/kernel/rules/event.ts';
import type { OperationsTable } from '../../core/operations/ports.ts';
import { manifestOf } from '../../core/operations/rules/manifest.ts';
import { acceptedWeight } from '../kit/accept.ts';
import { callerOf } from '../kit/auth.ts';
import { EventOrder, listed, listOf, listQuery } from '../kit/paging.ts';
import { ById } from '../kit/parameters.ts';
import type { Api, RoutePorts } from '../kit/ports.ts';
import { about } from '../kit/route.ts';
import { OperationManifest } from './manifest.ts';

const tag = 'operations';
const EventList = listOf('EventList', Event, 'events');
const yamlTypes = ['application/yaml', 'application/x-yaml', 'text/yaml'];
const ManifestYaml = z.string().meta({
  id: 'ManifestYaml',
  description: 'A custom resource of kind Operation (ops.vworkspace.io/v1alpha1), as YAML.',
});

export function operationDetailRoutes(
  api: Api,
  ports: RoutePorts<OperationsTable & ClustersTable & EventsTable>,
): void {
  const { operations, clusters, events } = ports.store.tables;

  api.get(
    '/v1/operations/:id/events',
    about(
      {
        operationId: 'listOperationEvents',
        scope: 'operations:read',
        tag,
        summary: 'List the events of an operation',
        description: 'The history of the Operation, the oldest event first.',
      },
      { params: ById, querystring: listQuery(EventOrder.default('at'), {}), response: { 200: EventList } },
    ),
    async (request) => {
      const { id } = await own(operations, callerOf(request), 'operation', request.params.id);
      return listed(request.query, (query) => events.ofOperation(id, query));
    },
  );

  api.get(
    '/v1/operations/:id/manifest',
    about(
      {
        operationId: 'getOperationManifest',
        scope: 'operations:read',
        tag,
        summary: "Get an operation's manifest",
        description:
          'The resource as it is applied to the cluster, for people or for kubectl: as JSON, or as YAML when `Accept` prefers `application/yaml`.',
      },
      {
        params: ById,
        response: {
          200: {
            description: 'The manifest.',
            content: {
              'application/json': { schema: OperationManifest },
              'application/yaml': { schema: ManifestYaml },
            },
          },
        },
      },
    ),
    async (request, reply) => {
      const caller = callerOf(request);
      const operation = await own(operations, caller, 'operation', request.params.id);
      const cluster = await own(clusters, caller, 'cluster', operation.clusterId);
      const recordPosition = await operations.recordPosition(caller.organizationId, operation.id);
      const manifest = { ...manifestOf({ ...operation, recordPosition }, cluster) };
      const { accept } = request.headers;
      reply.header('vary', 'Accept');
      if (acceptedWeight(accept, yamlTypes) <= acceptedWeight(accept, ['application/json']))
        return reply.type('application/json').send(manifest);
      return reply.type('application/yaml').send(stringify(manifest, { lineWidth: 0 }));
    },
  );
}
