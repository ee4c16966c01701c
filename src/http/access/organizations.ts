/** /v1/organizations: tenants. A caller with platform:admin sees all of them, any other caller only its own. */

import { changeOrganization, createOrganization } from '../../core/access/organizations.ts';
import type { OrganizationsTable } from '../../core/access/ports.ts';
import { type Caller, may, NewOrganization, Organization, OrganizationChange } from '../../core/access/rules/access.ts';
import { notFound } from '../../core/kernel/rules/problem.ts';
import { callerOf } from '../kit/auth.ts';
import { answerOnce, created, write } from '../kit/calls.ts';
import { CreationOrder, listed, listOf, listQuery } from '../kit/paging.ts';
import { ById, ChangeHeaders, PostHeaders } from '../kit/parameters.ts';
import type { Api, RoutePorts } from '../kit/ports.ts';
import { expectedRevision, tagged } from '../kit/revisions.ts';
import { about } from '../kit/route.ts';

const tag = 'organizations';
const OrganizationList = listOf('OrganizationList', Organization, 'organizations');

export function organizationRoutes(api: Api, ports: RoutePorts<OrganizationsTable>): void {
  const { organizations } = ports.store.tables;

  api.post(
    '/v1/organizations',
    about(
      { operationId: 'createOrganization', scope: 'platform:admin', tag, summary: 'Create an organization' },
      { headers: PostHeaders, body: NewOrganization, response: { 201: Organization } },
    ),
    (request, reply) =>
      answerOnce(ports, request, reply, async (call) =>
        created('/v1/organizations', await createOrganization(call, request.body)),
      ),
  );

  api.get(
    '/v1/organizations',
    about(
      {
        operationId: 'listOrganizations',
        scope: 'anyKey',
        tag,
        summary: 'List organizations',
        description: 'With the scope platform:admin all organizations, else only that of the API key.',
      },
      { querystring: listQuery(CreationOrder.default('createdAt'), {}), response: { 200: OrganizationList } },
    ),
    (request) => listed(request.query, (query) => organizations.page(seenBy(callerOf(request)), query)),
  );

  api.get(
    '/v1/organizations/:id',
    about(
      { operationId: 'getOrganization', scope: 'anyKey', tag, summary: 'Get an organization' },
      { params: ById, response: { 200: Organization } },
    ),
    async (request, reply) => {
      const { id } = request.params;
      const caller = callerOf(request);
      const visible = may(caller, 'platform:admin') || id === caller.organizationId;
      const organization = visible ? await organizations.find(id, id) : undefined;
      if (organization === undefined) throw notFound('organization', id);
      return tagged(reply, organization);
    },
  );

  api.patch(
    '/v1/organizations/:id',
    about(
      {
        operationId: 'changeOrganization',
        scope: 'platform:admin',
        tag,
        summary: 'Change an organization',
        description:
          'While an organization is suspended, none of its schedules fires. The ledger records their slots as skipped.',
      },
      { params: ById, headers: ChangeHeaders, body: OrganizationChange, response: { 200: Organization } },
    ),
    async (request, reply) =>
      tagged(
        reply,
        await write(ports, request, (call) =>
          changeOrganization(call, request.params.id, request.body, expectedRevision(request)),
        ),
      ),
  );
}

/** The organization to list; '' for all of them. */
function seenBy(caller: Caller): string {
  return may(caller, 'platform:admin') ? '' : caller.organizationId;
}
