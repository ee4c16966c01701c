/** /v1/application-classes: the catalog that all organizations share, with the defaults for each kind of application. */

import { own } from '../../core/access/call.ts';
import {
  changeApplicationClass,
  createApplicationClass,
  removeApplicationClass,
} from '../../core/applications/application-classes.ts';
import type { ApplicationClassesTable } from '../../core/applications/ports.ts';
import {
  ApplicationClass,
  ApplicationClassChange,
  NewApplicationClass,
  SavedApplicationClass,
} from '../../core/applications/rules/application.ts';
import { callerOf } from '../kit/auth.ts';
import { answerOnce, created, write } from '../kit/calls.ts';
import { CreationOrder, listed, listOf, listQuery } from '../kit/paging.ts';
import { ById, ChangeHeaders, PostHeaders, ReadHeaders } from '../kit/parameters.ts';
import type { Api, RoutePorts } from '../kit/ports.ts';
import { expectedRevision, tagged, taggedUnlessKnown } from '../kit/revisions.ts';
import { about } from '../kit/route.ts';

const tag = 'application-classes';
const ApplicationClassList = listOf('ApplicationClassList', ApplicationClass, 'application classes');

export function applicationClassRoutes(api: Api, ports: RoutePorts<ApplicationClassesTable>): void {
  const { applicationClasses } = ports.store.tables;

  api.post(
    '/v1/application-classes',
    about(
      { operationId: 'createApplicationClass', scope: 'platform:admin', tag, summary: 'Create an application class' },
      { headers: PostHeaders, body: NewApplicationClass, response: { 201: SavedApplicationClass } },
    ),
    (request, reply) =>
      answerOnce(ports, request, reply, async (call) =>
        created('/v1/application-classes', await createApplicationClass(call, request.body)),
      ),
  );

  api.get(
    '/v1/application-classes',
    about(
      {
        operationId: 'listApplicationClasses',
        scope: 'application-classes:read',
        tag,
        summary: 'List application classes',
      },
      { querystring: listQuery(CreationOrder.default('createdAt'), {}), response: { 200: ApplicationClassList } },
    ),
    (request) => listed(request.query, (query) => applicationClasses.page(callerOf(request).organizationId, query)),
  );

  api.get(
    '/v1/application-classes/:id',
    about(
      {
        operationId: 'getApplicationClass',
        scope: 'application-classes:read',
        tag,
        summary: 'Get an application class',
      },
      { params: ById, headers: ReadHeaders, response: { 200: ApplicationClass } },
    ),
    async (request, reply) =>
      taggedUnlessKnown(
        request,
        reply,
        await own(applicationClasses, callerOf(request), 'application class', request.params.id),
      ),
  );

  api.patch(
    '/v1/application-classes/:id',
    about(
      {
        operationId: 'changeApplicationClass',
        scope: 'platform:admin',
        tag,
        summary: 'Change an application class',
        description:
          '`retention` is merged into the set that is there. Its change is not retroactive: existing copies keep the ttl that they were made with, and `warnings` in the answer says so.',
      },
      { params: ById, headers: ChangeHeaders, body: ApplicationClassChange, response: { 200: SavedApplicationClass } },
    ),
    async (request, reply) =>
      tagged(
        reply,
        await write(ports, request, (call) =>
          changeApplicationClass(call, request.params.id, request.body, expectedRevision(request)),
        ),
      ),
  );

  api.delete(
    '/v1/application-classes/:id',
    about(
      {
        operationId: 'removeApplicationClass',
        scope: 'platform:admin',
        tag,
        summary: 'Remove an application class',
        description: 'The service refuses it with `in-use` while application instances are of this class.',
        refusals: [409],
      },
      { params: ById, headers: ChangeHeaders },
    ),
    async (request, reply) => {
      await write(ports, request, (call) => removeApplicationClass(call, request.params.id, expectedRevision(request)));
      return reply.code(204).send();
    },
  );
}
