/** /v1/application-instances: the applications that run in namespaces of clusters. */

import { own } from '../../core/access/call.ts';
import type { AdoptionTables } from '../../core/applications/adopt.ts';
import {
  changeApplicationInstance,
  createApplicationInstance,
  removeApplicationInstance,
} from '../../core/applications/application-instances.ts';
import { withState, withStates } from '../../core/applications/observed-state.ts';
import type { PlanClassesTable } from '../../core/applications/ports.ts';
import {
  ApplicationInstance,
  ApplicationInstanceChange,
  NewApplicationInstance,
} from '../../core/applications/rules/application.ts';
import { Id } from '../../core/kernel/rules/fields.ts';
import { DnsLabel } from '../../core/kernel/rules/names.ts';
import { callerOf } from '../kit/auth.ts';
import { answerOnce, created, write } from '../kit/calls.ts';
import { CreationOrder, includeRetired, listed, listOf, listQuery, unretired } from '../kit/paging.ts';
import { ById, ChangeHeaders, PostHeaders } from '../kit/parameters.ts';
import type { Api, RoutePorts } from '../kit/ports.ts';
import { expectedRevision, tagged } from '../kit/revisions.ts';
import { about } from '../kit/route.ts';

const tag = 'application-instances';
const ApplicationInstanceList = listOf('ApplicationInstanceList', ApplicationInstance, 'application instances');
const filters = {
  clusterId: Id.optional().describe('Only instances in this cluster.'),
  applicationClassId: Id.optional().describe('Only instances of this class.'),
  namespace: DnsLabel.optional().describe('Only instances in namespaces of this name.'),
  protectionPlanId: Id.optional().describe('Only instances that this protection plan is applied to.'),
  ...includeRetired,
};

export function applicationInstanceRoutes(api: Api, ports: RoutePorts<AdoptionTables & PlanClassesTable>): void {
  const { applicationInstances, clusterApplications } = ports.store.tables;
  const shown = (instance: ApplicationInstance) => withState({ clusterApplications }, instance);

  api.post(
    '/v1/application-instances',
    about(
      {
        operationId: 'createApplicationInstance',
        scope: 'application-instances:write',
        tag,
        summary: 'Register an application instance',
      },
      { headers: PostHeaders, body: NewApplicationInstance, response: { 201: ApplicationInstance } },
    ),
    (request, reply) =>
      answerOnce(ports, request, reply, async (call) =>
        created(
          '/v1/application-instances',
          await withState(call.tx, await createApplicationInstance(call, request.body)),
        ),
      ),
  );

  api.get(
    '/v1/application-instances',
    about(
      {
        operationId: 'listApplicationInstances',
        scope: 'application-instances:read',
        tag,
        summary: 'List application instances',
      },
      {
        querystring: listQuery(CreationOrder.default('createdAt'), filters),
        response: { 200: ApplicationInstanceList },
      },
    ),
    (request) =>
      listed(request.query, async (query) => {
        const page = await applicationInstances.page(callerOf(request).organizationId, unretired(query));
        return { ...page, items: await withStates({ clusterApplications }, page.items) };
      }),
  );

  api.get(
    '/v1/application-instances/:id',
    about(
      {
        operationId: 'getApplicationInstance',
        scope: 'application-instances:read',
        tag,
        summary: 'Get an application instance',
        description: 'Only changes by the API raise the revision. `observed` changes without it.',
      },
      { params: ById, response: { 200: ApplicationInstance } },
    ),
    async (request, reply) =>
      tagged(
        reply,
        await shown(await own(applicationInstances, callerOf(request), 'application instance', request.params.id)),
      ),
  );

  api.patch(
    '/v1/application-instances/:id',
    about(
      {
        operationId: 'changeApplicationInstance',
        scope: 'application-instances:write',
        tag,
        summary: 'Change an application instance',
      },
      { params: ById, headers: ChangeHeaders, body: ApplicationInstanceChange, response: { 200: ApplicationInstance } },
    ),
    async (request, reply) =>
      tagged(
        reply,
        await shown(
          await write(ports, request, (call) =>
            changeApplicationInstance(call, request.params.id, request.body, expectedRevision(request)),
          ),
        ),
      ),
  );

  api.delete(
    '/v1/application-instances/:id',
    about(
      {
        operationId: 'removeApplicationInstance',
        scope: 'application-instances:write',
        tag,
        summary: 'Remove an application instance',
        description:
          'Removes the record; nothing happens in the cluster. The service refuses it with `in-use`, with counts, while schedules (removed ones too) or Operations that this service made refer to it: `retireApplicationInstance` is for those.',
        refusals: [409],
      },
      { params: ById, headers: ChangeHeaders },
    ),
    async (request, reply) => {
      await write(ports, request, (call) =>
        removeApplicationInstance(call, request.params.id, expectedRevision(request)),
      );
      return reply.code(204).send();
    },
  );
}
