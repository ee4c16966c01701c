/** /v1/schedules/{id}/events: the history of a schedule itself. */

import type { EventsTable } from '../../core/kernel/ports.ts';
import { Event } from '../../core/kernel/rules/event.ts';
import { notFound } from '../../core/kernel/rules/problem.ts';
import type { SchedulesTable } from '../../core/scheduling/ports.ts';
import { callerOf } from '../kit/auth.ts';
import { EventOrder, listed, listOf, listQuery } from '../kit/paging.ts';
import { ById } from '../kit/parameters.ts';
import type { Api, RoutePorts } from '../kit/ports.ts';
import { about } from '../kit/route.ts';

const EventList = listOf('EventList', Event, 'events');

export function scheduleEventRoutes(api: Api, ports: RoutePorts<SchedulesTable & EventsTable>): void {
  const { schedules, events } = ports.store.tables;

  api.get(
    '/v1/schedules/:id/events',
    about(
      {
        operationId: 'listScheduleEvents',
        scope: 'schedules:read',
        tag: 'schedules',
        summary: 'List the events of a schedule',
        description:
          'The history of the schedule itself, the newest event first: for example ScheduleCreated, ScheduleChanged (the message names the fields), Suspended, Resumed, FailuresInARow (the alert of its failurePolicy) and SuspendedByFailures. The events of its Operations are at `listOperationEvents`, and the fate of each slot is at `listFires`. A removed schedule keeps its history.',
      },
      { params: ById, querystring: listQuery(EventOrder.default('-at'), {}), response: { 200: EventList } },
    ),
    async (request) => {
      const { id } = request.params;
      if (!(await schedules.existed(callerOf(request).organizationId, id))) throw notFound('schedule', id);
      return listed(request.query, (query) => events.ofSchedule(id, query));
    },
  );
}
