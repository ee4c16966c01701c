/** /v1/blackout-windows: times in which nothing fires. */

import { own } from '../../core/access/call.ts';
import type { ClustersTable } from '../../core/clusters/ports.ts';
import { Id } from '../../core/kernel/rules/fields.ts';
import { createBlackoutWindow, removeBlackoutWindow } from '../../core/scheduling/blackout-windows.ts';
import type { BlackoutWindowsTable, SchedulesTable } from '../../core/scheduling/ports.ts';
import { BlackoutWindow, NewBlackoutWindow } from '../../core/scheduling/rules/blackout.ts';
import { callerOf } from '../kit/auth.ts';
import { answerOnce, created, write } from '../kit/calls.ts';
import { CreationOrder, listed, listOf, listQuery } from '../kit/paging.ts';
import { ActorHeaders, ById, PostHeaders } from '../kit/parameters.ts';
import type { Api, RoutePorts } from '../kit/ports.ts';
import { tagged } from '../kit/revisions.ts';
import { about } from '../kit/route.ts';

const tag = 'schedules';
const BlackoutWindowList = listOf('BlackoutWindowList', BlackoutWindow, 'blackout windows');
const filters = {
  clusterId: Id.optional().describe('Only those of this cluster.'),
  scheduleId: Id.optional().describe('Only those of this schedule.'),
};

export function blackoutWindowRoutes(
  api: Api,
  ports: RoutePorts<BlackoutWindowsTable & SchedulesTable & ClustersTable>,
): void {
  const { blackoutWindows } = ports.store.tables;

  api.post(
    '/v1/blackout-windows',
    about(
      {
        operationId: 'createBlackoutWindow',
        scope: 'schedules:write',
        tag,
        summary: 'Create a blackout window',
        description:
          'The window is for the whole organization, for one cluster, or for one schedule. Slots in it wait for its end, or are skipped. The ledger says which.',
      },
      { headers: PostHeaders, body: NewBlackoutWindow, response: { 201: BlackoutWindow } },
    ),
    (request, reply) =>
      answerOnce(ports, request, reply, async (call) =>
        created('/v1/blackout-windows', await createBlackoutWindow(call, request.body)),
      ),
  );

  api.get(
    '/v1/blackout-windows',
    about(
      { operationId: 'listBlackoutWindows', scope: 'schedules:read', tag, summary: 'List blackout windows' },
      { querystring: listQuery(CreationOrder.default('createdAt'), filters), response: { 200: BlackoutWindowList } },
    ),
    (request) => listed(request.query, (query) => blackoutWindows.page(callerOf(request).organizationId, query)),
  );

  api.get(
    '/v1/blackout-windows/:id',
    about(
      { operationId: 'getBlackoutWindow', scope: 'schedules:read', tag, summary: 'Get a blackout window' },
      { params: ById, response: { 200: BlackoutWindow } },
    ),
    async (request, reply) =>
      tagged(reply, await own(blackoutWindows, callerOf(request), 'blackout window', request.params.id)),
  );

  api.delete(
    '/v1/blackout-windows/:id',
    about(
      {
        operationId: 'removeBlackoutWindow',
        scope: 'schedules:write',
        tag,
        summary: 'Remove a blackout window',
        description: 'Slots that the window has deferred fire at the end that it had.',
      },
      { params: ById, headers: ActorHeaders },
    ),
    async (request, reply) => {
      await write(ports, request, (call) => removeBlackoutWindow(call, request.params.id));
      return reply.code(204).send();
    },
  );
}
