/** /v1/protection, and the protection and the events of one application instance. */

import { own } from '../../core/access/call.ts';
import type { ApplicationInstancesTable } from '../../core/applications/ports.ts';
import type { EventsTable } from '../../core/kernel/ports.ts';
import { Event } from '../../core/kernel/rules/event.ts';
import { Id } from '../../core/kernel/rules/fields.ts';
import type { Protections } from '../../core/protection/ports.ts';
import { getProtection, listProtections } from '../../core/protection/protection.ts';
import { Protection, ProtectionStatus } from '../../core/protection/rules/protection.ts';
import { callerOf } from '../kit/auth.ts';
import { EventOrder, listed, listOf, listQuery, SeverityOrder } from '../kit/paging.ts';
import { ById } from '../kit/parameters.ts';
import type { Api, RoutePorts } from '../kit/ports.ts';
import { about } from '../kit/route.ts';

const tag = 'protection';
const scope = 'application-instances:read';
const ProtectionList = listOf('ProtectionList', Protection, 'applications and their protection');
const EventList = listOf('EventList', Event, 'events');
const filters = {
  status: ProtectionStatus.optional().describe('Only those with this status.'),
  clusterId: Id.optional().describe('Only those of applications in this cluster.'),
  applicationClassId: Id.optional().describe('Only those of applications of this class.'),
};

export function protectionRoutes(
  api: Api,
  ports: RoutePorts<ApplicationInstancesTable & EventsTable> & { readonly protections: Protections },
): void {
  const { applicationInstances, events } = ports.store.tables;

  api.get(
    '/v1/protection',
    about(
      {
        operationId: 'listProtection',
        scope,
        tag,
        summary: 'List the protection of application instances',
        description:
          'The worst status first. Each status is judged at the time of the request. The order and the filter by status go by the last look at all application instances, which is at most about 15 s old. A new application instance is listed after the next look.',
      },
      {
        querystring: listQuery(SeverityOrder.default('-severity'), filters),
        response: { 200: ProtectionList },
      },
    ),
    (request) => listed(request.query, (query) => listProtections(ports, callerOf(request), query)),
  );

  api.get(
    '/v1/application-instances/:id/protection',
    about(
      {
        operationId: 'getProtection',
        scope,
        tag,
        summary: 'Get the protection of an application instance',
        description:
          'Whether it can be restored now, how old its last good copy is compared with its target, and when the next one is due.',
      },
      { params: ById, response: { 200: Protection } },
    ),
    (request) => getProtection(ports, callerOf(request), request.params.id),
  );

  api.get(
    '/v1/application-instances/:id/events',
    about(
      {
        operationId: 'listApplicationInstanceEvents',
        scope,
        tag,
        summary: 'List the events of an application instance',
        description:
          'The events of the application instance and of its Operations, the newest first. Its protection has the events AtRisk (before it is Breached), Breached, Unprotected, and Protected (when it is so again). RecoveryPointExpiring is recorded once for each last good copy that is about to expire and has no newer one.',
      },
      { params: ById, querystring: listQuery(EventOrder.default('-at'), {}), response: { 200: EventList } },
    ),
    async (request) => {
      const { id } = await own(applicationInstances, callerOf(request), 'application instance', request.params.id);
      return listed(request.query, (query) => events.ofApplicationInstance(id, query));
    },
  );
}
