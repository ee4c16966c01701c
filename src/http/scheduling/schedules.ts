/** /v1/schedules: recurring backups. */

import { own } from '../../core/access/call.ts';
import type { QuotasTable } from '../../core/access/ports.ts';
import type { EventsTable } from '../../core/kernel/ports.ts';
import { Id } from '../../core/kernel/rules/fields.ts';
import type { DraftTables } from '../../core/scheduling/draft.ts';
import { withOutcome, withOutcomes } from '../../core/scheduling/outcomes.ts';
import type { FiresTable, ScheduleOutcomesOf, SchedulesTable } from '../../core/scheduling/ports.ts';
import {
  NewSchedule,
  RemovedSchedule,
  SavedSchedule,
  Schedule,
  ScheduleChange,
} from '../../core/scheduling/rules/schedule.ts';
import { changeSchedule, createSchedule, removeSchedule } from '../../core/scheduling/schedules.ts';
import { Cadence } from '../../core/time/rules/cadence.ts';
import { callerOf } from '../kit/auth.ts';
import { answerOnce, created, write } from '../kit/calls.ts';
import { CreationOrder, listed, listOf, listQuery } from '../kit/paging.ts';
import { ById, ChangeHeaders, PostHeaders, QueryBoolean } from '../kit/parameters.ts';
import type { Api, RoutePorts } from '../kit/ports.ts';
import { expectedRevision, tagged } from '../kit/revisions.ts';
import { about } from '../kit/route.ts';

const tag = 'schedules';
const ScheduleList = listOf('ScheduleList', Schedule, 'schedules');
const filters = {
  applicationInstanceId: Id.optional().describe('Only those of this application instance.'),
  clusterId: Id.optional().describe('Only those of applications in this cluster.'),
  suspend: QueryBoolean.optional().describe('Only suspended schedules (true), or only the others (false).'),
  cadence: Cadence.optional().describe('Only those of this cadence.'),
  protectionPlanId: Id.optional().describe('Only those that this protection plan made.'),
};

export function scheduleRoutes(
  api: Api,
  ports: RoutePorts<DraftTables & SchedulesTable & FiresTable & QuotasTable & EventsTable> & {
    readonly scheduleOutcomes: ScheduleOutcomesOf;
  },
): void {
  const { schedules } = ports.store.tables;

  api.post(
    '/v1/schedules',
    about(
      {
        operationId: 'createSchedule',
        scope: 'schedules:write',
        tag,
        summary: 'Create a schedule',
        description:
          'An expression that never fires (30 February) is refused. `nextFireAt` in the answer is when the first slot is due. `warnings` name what is legal but unwise: times without any copy, thousands of copies, days that some months lack, and the next change of the clock within a year that moves a slot.',
      },
      { headers: PostHeaders, body: NewSchedule, response: { 201: SavedSchedule } },
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
    (request) =>
      listed(request.query, async (query) => {
        const page = await schedules.page(callerOf(request).organizationId, query);
        return { ...page, items: await withOutcomes(ports, page.items) };
      }),
  );

  api.get(
    '/v1/schedules/:id',
    about(
      {
        operationId: 'getSchedule',
        scope: 'schedules:read',
        tag,
        summary: 'Get a schedule',
        description:
          'Its revision counts the changes through the API. `nextFireAt`, `lastFireAt` and the outcome of its Operations advance without a new revision.',
      },
      { params: ById, response: { 200: Schedule } },
    ),
    async (request, reply) =>
      tagged(reply, await withOutcome(ports, await own(schedules, callerOf(request), 'schedule', request.params.id))),
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
          'The next slot is computed from now on, so a change never fires a past slot of the new recurrence; `warnings` say when more time than usual lies before it. `suspend: true` stops firing, and `false` starts it again. The slots that passed in between are in the ledger as skipped.',
      },
      { params: ById, headers: ChangeHeaders, body: ScheduleChange, response: { 200: SavedSchedule } },
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
        description:
          'The schedule fires no more. Its ledger, its Operations and its copies stay, each copy until its own ttl has passed. The answer says how many copies there are, and until when. Refused with `in-use` while the schedule belongs to a protection plan.',
        refusals: [409],
      },
      { params: ById, headers: ChangeHeaders, response: { 200: RemovedSchedule } },
    ),
    (request) => write(ports, request, (call) => removeSchedule(call, request.params.id, expectedRevision(request))),
  );
}
