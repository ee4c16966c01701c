/** /v1/schedules/{id}/…: actions on a schedule, the preview of its next fires, and its ledger. */

import { z } from 'zod';
import type { Call } from '../../core/access/call.ts';
import type { Doorbell } from '../../core/kernel/ports.ts';
import { GivenInstant } from '../../core/kernel/rules/fields.ts';
import { notFound } from '../../core/kernel/rules/problem.ts';
import { Operation } from '../../core/operations/rules/operation.ts';
import { backfillSchedule } from '../../core/scheduling/backfill.ts';
import type { DraftTables } from '../../core/scheduling/draft.ts';
import { previewNewSchedule, previewSchedule } from '../../core/scheduling/preview.ts';
import { Fire, FireOutcome } from '../../core/scheduling/rules/ledger.ts';
import { PreviewedFire } from '../../core/scheduling/rules/preview.ts';
import { NewSchedule, ResumedSchedule, Schedule } from '../../core/scheduling/rules/schedule.ts';
import { resumeSchedule, suspendSchedule } from '../../core/scheduling/schedules.ts';
import { type FiringTables, triggerSchedule } from '../../core/scheduling/trigger.ts';
import { callerOf } from '../kit/auth.ts';
import { answerOnce, created, done, reading, write } from '../kit/calls.ts';
import { listed, listOf, listQuery, SlotOrder } from '../kit/paging.ts';
import { ById, DryRun, documentedDefault, PostHeaders, queryInteger } from '../kit/parameters.ts';
import type { Api, RoutePorts } from '../kit/ports.ts';
import { about } from '../kit/route.ts';

const tag = 'schedules';
const FireList = listOf('FireList', Fire, 'fires');
const Suspension = z
  .strictObject({
    reason: z.string().min(1).max(500).optional().describe('Why it is suspended, for people.'),
    resumeAt: GivenInstant.optional().describe(
      'When the schedule resumes by itself. Default: only when it is asked to.',
    ),
  })
  .meta({ id: 'Suspension', description: 'Why the schedule is suspended, and until when.' });
const Resumption = z
  .strictObject({
    catchUp: z.enum(['None', 'Latest']).optional().meta({
      description:
        'Latest: the newest slot that passed during the suspension is fired now. None: nothing fires before the next slot.',
      default: 'None',
    }),
  })
  .meta({ id: 'Resumption', description: 'What happens to the slots that passed during the suspension.' });
const BackfillRange = z
  .strictObject({
    from: GivenInstant.describe('The first slot, or a time before it.'),
    to: GivenInstant.describe('The last slot, or a time after it.'),
  })
  .meta({ id: 'BackfillRange', description: 'A range of past slots, both ends included.' });
const Warnings = z
  .array(z.string())
  .describe('Warnings: the request was accepted, but probably does not do what you want.');
const TriggeredOperation = Operation.extend({ requestWarnings: Warnings }).meta({
  id: 'TriggeredOperation',
  description: 'The Operation that was made, or with `dryRun` would be made, with warnings about the request.',
});
const Backfill = z.object({ operations: z.array(Operation), warnings: Warnings }).meta({
  id: 'Backfill',
  description: 'The Operations that were made, or with `dryRun` would be made, the oldest slot first.',
});
const PreviewList = z
  .object({ items: z.array(PreviewedFire), warnings: Warnings })
  .meta({ id: 'SchedulePreview', description: 'The next fires, as things stand now.' });
const previewQuery = z.strictObject({
  count: queryInteger(1, 100)
    .default(10)
    .meta({ description: 'How many fires to preview.', ...documentedDefault(10) }),
});

export function scheduleActionRoutes(
  api: Api,
  ports: RoutePorts<FiringTables & DraftTables> & { readonly doorbell: Doorbell },
): void {
  const { schedules, fires } = ports.store.tables;

  api.post(
    '/v1/schedules/:id/suspend',
    about(
      {
        operationId: 'suspendSchedule',
        scope: 'schedules:write',
        tag,
        summary: 'Suspend a schedule',
        description: 'The schedule does not fire until it is resumed. Operations that are in flight go on.',
      },
      { params: ById, headers: PostHeaders, body: Suspension, response: { 200: Schedule } },
    ),
    (request, reply) =>
      answerOnce(ports, request, reply, async (call) =>
        done(await suspendSchedule(call, request.params.id, request.body)),
      ),
  );

  api.post(
    '/v1/schedules/:id/resume',
    about(
      {
        operationId: 'resumeSchedule',
        scope: 'schedules:write',
        tag,
        summary: 'Resume a schedule',
        description:
          'Nothing fires before the next slot, unless `catchUp` says so; Velero would back up at once. The slots that passed are in the ledger as skipped, except one that `catchUp` fires; the answer says how many. A schedule that is not suspended stays as it is.',
      },
      {
        params: ById,
        headers: PostHeaders,
        querystring: DryRun,
        body: Resumption,
        response: { 200: ResumedSchedule },
      },
    ),
    async (request, reply) => {
      const { dryRun } = request.query;
      const resumed = (call: Call<FiringTables>) =>
        resumeSchedule(call, request.params.id, request.body.catchUp ?? 'None', dryRun);
      if (dryRun) return write(ports, request, resumed);
      return answerOnce(ports, request, reply, async (call) => done(await resumed(call)));
    },
  );

  api.post(
    '/v1/schedules/:id/trigger',
    about(
      {
        operationId: 'triggerSchedule',
        scope: 'schedules:write',
        tag,
        summary: 'Fire a schedule now',
        description:
          'Makes an Operation of the schedule at once, apart from its slots, even while it is suspended. The ledger says who asked for it.',
      },
      {
        params: ById,
        headers: PostHeaders,
        querystring: DryRun,
        response: { 200: TriggeredOperation, 201: TriggeredOperation },
      },
    ),
    async (request, reply) => {
      const { dryRun } = request.query;
      const triggered = async (call: Call<FiringTables>) => {
        const { operation, warnings } = await triggerSchedule(call, ports.doorbell, request.params.id, dryRun);
        return { ...operation, requestWarnings: [...warnings] };
      };
      if (dryRun) return write(ports, request, triggered);
      return answerOnce(ports, request, reply, async (call) => created('/v1/operations', await triggered(call)));
    },
  );

  api.post(
    '/v1/schedules/:id/backfill',
    about(
      {
        operationId: 'backfillSchedule',
        scope: 'schedules:write',
        tag,
        summary: 'Backfill past slots of a schedule',
        description:
          'Each slot of the range without an Operation gets one now, at most 100. A copy that is made now holds the present data, although its slot lies in the past.',
      },
      { params: ById, headers: PostHeaders, querystring: DryRun, body: BackfillRange, response: { 200: Backfill } },
    ),
    async (request, reply) => {
      const { dryRun } = request.query;
      const backfilled = (call: Call<FiringTables>) =>
        backfillSchedule(call, ports.doorbell, request.params.id, request.body, dryRun);
      if (dryRun) return write(ports, request, backfilled);
      return answerOnce(ports, request, reply, async (call) => done(await backfilled(call)));
    },
  );

  api.get(
    '/v1/schedules/:id/preview',
    about(
      {
        operationId: 'previewSchedule',
        scope: 'schedules:read',
        tag,
        summary: 'Preview the fires of a schedule',
        description:
          'The next fires, with notes on slots that a change of the clock moves or shows twice, on blackout windows and on spread. If the operator of the cluster is known not to accept the backups, the answer has a warning: the slots stay, and their backups will be refused.',
      },
      { params: ById, querystring: previewQuery, response: { 200: PreviewList } },
    ),
    async (request) => previewSchedule(await reading(ports, request), request.params.id, request.query.count),
  );

  api.post(
    '/v1/schedules/preview',
    about(
      {
        operationId: 'previewNewSchedule',
        scope: 'schedules:read',
        tag,
        summary: 'Preview a schedule that does not exist yet',
        description:
          'Checks the schedule as creating it would, also by what the cluster is known to accept, and writes nothing.',
      },
      { headers: PostHeaders, querystring: previewQuery, body: NewSchedule, response: { 200: PreviewList } },
    ),
    async (request) => previewNewSchedule(await reading(ports, request), request.body, request.query.count),
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
          'The ledger: the outcome of every slot, the newest slot first. It answers "Why is there no backup of 25 October?".',
      },
      {
        params: ById,
        querystring: listQuery(SlotOrder.default('-scheduledFor'), {
          outcome: FireOutcome.optional().describe('Only those with this outcome.'),
          from: GivenInstant.optional().describe('Only slots at or after this time.'),
          to: GivenInstant.optional().describe('Only slots at or before this time.'),
        }),
        response: { 200: FireList },
      },
    ),
    async (request) => {
      const { from, to, ...query } = request.query;
      const { id } = request.params;
      if (!(await schedules.existed(callerOf(request).organizationId, id))) throw notFound('schedule', id);
      return listed(query, (page) => fires.page(id, { ...page, from, to }));
    },
  );
}
