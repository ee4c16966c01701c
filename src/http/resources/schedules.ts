/** /v1/schedules: what recurs, and the ledger of what became of each slot. */
import { own } from '../../app/call.ts';
import { changeSchedule, createSchedule, removeSchedule } from '../../app/schedules.ts';
import { Id } from '../../domain/common.ts';
import { Fire } from '../../domain/fire.ts';
import { Cadence } from '../../domain/recurrence.ts';
import { NewSchedule, Schedule, ScheduleChange } from '../../domain/schedule.ts';
import { callerOf } from '../auth.ts';
import { answerOnce, created, write } from '../calls.ts';
import { CreationOrder, listed, listOf, listQuery, SlotOrder } from '../paging.ts';
import { ById, ChangeHeaders, PostHeaders, QueryBoolean } from '../parameters.ts';
import type { Api, HttpPorts } from '../ports.ts';
import { expectedRevision, requireRevision, tagged } from '../revisions.ts';
import { about } from '../route.ts';

const tag = 'schedules';
const ScheduleList = listOf('ScheduleList', Schedule, 'schedules');
const FireList = listOf('FireList', Fire, 'fires');
const filters = {
  applicationInstanceId: Id.optional().describe('Only those of this application instance.'),
  clusterId: Id.optional().describe('Only those of applications in this cluster.'),
  suspend: QueryBoolean.optional().describe('Only the suspended (true) or only the others (false).'),
  cadence: Cadence.optional().describe('Only those of this cadence.'),
};

export function scheduleRoutes(api: Api, ports: HttpPorts): void {
  const { schedules, fires } = ports.store.tables;

  api.post(
    '/v1/schedules',
    about(
      {
        operationId: 'createSchedule',
        scope: 'schedules:write',
        tag,
        summary: 'Create a schedule',
        description:
          'An expression that never fires (30 February) is refused. `nextFireAt` in the answer is the first slot.',
      },
      { headers: PostHeaders, body: NewSchedule, response: { 201: Schedule } },
    ),
    (request, reply) =>
      answerOnce(ports, request, reply, async (call) =>
        created('/v1/schedules', await createSchedule(call, request.body)),
      ),
  );

  api.get(
    '/v1/schedules',
    about(
      { operationId: 'listSchedules', scope: 'schedules:read', tag, summary: 'List schedules' },
      { querystring: listQuery(CreationOrder.default('createdAt'), filters), response: { 200: ScheduleList } },
    ),
    (request) => listed(request.query, (query) => schedules.page(callerOf(request).organizationId, query)),
  );

  api.get(
    '/v1/schedules/:id',
    about(
      {
        operationId: 'getSchedule',
        scope: 'schedules:read',
        tag,
        summary: 'Get a schedule',
        description: 'Its revision counts what the API changes; `nextFireAt` and `lastFireAt` advance without it.',
      },
      { params: ById, response: { 200: Schedule } },
    ),
    async (request, reply) => tagged(reply, await own(schedules, callerOf(request), 'schedule', request.params.id)),
  );

  api.patch(
    '/v1/schedules/:id',
    about(
      {
        operationId: 'changeSchedule',
        scope: 'schedules:write',
        tag,
        summary: 'Change a schedule',
        description:
          'The next slot is computed anew from now: a change never makes a slot of the past fire. `suspend: true` stops firing, `false` takes it up again.',
      },
      { params: ById, headers: ChangeHeaders, body: ScheduleChange, response: { 200: Schedule } },
    ),
    async (request, reply) =>
      tagged(
        reply,
        await write(ports, request, (call) =>
          changeSchedule(call, request.params.id, request.body, expectedRevision(request)),
        ),
      ),
  );

  api.delete(
    '/v1/schedules/:id',
    about(
      {
        operationId: 'removeSchedule',
        scope: 'schedules:write',
        tag,
        summary: 'Remove a schedule',
        description: 'It fires no more. Operations and copies that it made stay.',
      },
      { params: ById, headers: ChangeHeaders },
    ),
    async (request, reply) => {
      const { id } = request.params;
      await write(ports, request, async (call) => {
        await requireRevision(call.tx.schedules, call.caller, 'schedule', id, expectedRevision(request));
        await removeSchedule(call, id);
      });
      return reply.code(204).send();
    },
  );

  api.get(
    '/v1/schedules/:id/fires',
    about(
      {
        operationId: 'listFires',
        scope: 'schedules:read',
        tag,
        summary: 'List the fires of a schedule',
        description:
          'The ledger: what became of every slot, the newest slot first. "Why is there no backup of 25 October?" is answered here.',
      },
      { params: ById, querystring: listQuery(SlotOrder.default('-scheduledFor'), {}), response: { 200: FireList } },
    ),
    async (request) => {
      const { id } = await own(schedules, callerOf(request), 'schedule', request.params.id);
      return listed(request.query, (query) => fires.page(id, query));
    },
  );
}
