/** /v1/protection-plans: named sets of schedules and how long their copies are kept. */

import { Id } from '../../core/kernel/rules/fields.ts';
import { DnsLabel } from '../../core/kernel/rules/names.ts';
import { findProtectionPlan, listProtectionPlans } from '../../core/protection-plans/find-protection-plans.ts';
import {
  changeProtectionPlan,
  createProtectionPlan,
  type ProtectionPlanTables,
  removeProtectionPlan,
} from '../../core/protection-plans/protection-plans.ts';
import {
  NewProtectionPlan,
  ProtectionPlan,
  ProtectionPlanChange,
  SavedProtectionPlan,
} from '../../core/protection-plans/rules/protection-plan.ts';
import { callerOf } from '../kit/auth.ts';
import { answerOnce, created, reading, write } from '../kit/calls.ts';
import { CreationOrder, listed, listOf, listQuery } from '../kit/paging.ts';
import { ById, ChangeHeaders, PostHeaders } from '../kit/parameters.ts';
import type { Api, RoutePorts } from '../kit/ports.ts';
import { expectedRevision, tagged } from '../kit/revisions.ts';
import { about } from '../kit/route.ts';

const tag = 'protection-plans';
const ProtectionPlanList = listOf('ProtectionPlanList', ProtectionPlan, 'protection plans');
const filters = {
  name: DnsLabel.optional().describe('Only the one with this name.'),
  applicationClassId: Id.optional().describe('Only those that are for instances of this application class alone.'),
};

export function protectionPlanRoutes(api: Api, ports: RoutePorts<ProtectionPlanTables>): void {
  api.post(
    '/v1/protection-plans',
    about(
      {
        operationId: 'createProtectionPlan',
        scope: 'schedules:write',
        tag,
        summary: 'Create a protection plan',
        description:
          'An entry is refused when its ttl is shorter than the longest time between its slots, because there would be times without any copy. If the ttl is shorter than twice that time, the answer has a warning: one failed run leaves no copy. The other warnings are those of a schedule.',
      },
      { headers: PostHeaders, body: NewProtectionPlan, response: { 201: SavedProtectionPlan } },
    ),
    (request, reply) =>
      answerOnce(ports, request, reply, async (call) =>
        created('/v1/protection-plans', await createProtectionPlan(call, request.body)),
      ),
  );

  api.get(
    '/v1/protection-plans',
    about(
      {
        operationId: 'listProtectionPlans',
        scope: 'schedules:read',
        tag,
        summary: 'List protection plans',
        description:
          'The built-in ones are listed as the oldest: `default` (hourly copies kept 24h, daily 720h, weekly 2016h) and `gfs-23` (7 daily, 4 weekly, 12 monthly copies). Their ids are the same in every installation and never change.',
      },
      { querystring: listQuery(CreationOrder.default('createdAt'), filters), response: { 200: ProtectionPlanList } },
    ),
    async (request) => {
      const call = await reading(ports, request);
      return listed(request.query, (query) => listProtectionPlans(call, query));
    },
  );

  api.get(
    '/v1/protection-plans/:id',
    about(
      { operationId: 'getProtectionPlan', scope: 'schedules:read', tag, summary: 'Get a protection plan' },
      { params: ById, response: { 200: ProtectionPlan } },
    ),
    async (request, reply) =>
      tagged(reply, await findProtectionPlan({ tx: ports.store.tables, caller: callerOf(request) }, request.params.id)),
  );

  api.patch(
    '/v1/protection-plans/:id',
    about(
      {
        operationId: 'changeProtectionPlan',
        scope: 'schedules:write',
        tag,
        summary: 'Change a protection plan',
        description:
          'All application instances to which it is applied follow at once, in one transaction. Schedules of entries that stay are changed, schedules of new entries are made, and all others of the protection plan are removed. Slots that have passed are accounted for as in a change of a schedule. Existing copies keep their ttl.\n\nThe change is refused for all when one application instance cannot follow it, and then nothing is changed anywhere. This happens when the operator of its cluster is known not to accept a new entry or another ttl; `errors` name the entry, the cluster, the applications and what to do. It also happens when somebody made a schedule of that name by hand. Solve it there, or detach the protection plan there first. Built-in protection plans cannot be changed.',
        refusals: [409],
      },
      { params: ById, headers: ChangeHeaders, body: ProtectionPlanChange, response: { 200: SavedProtectionPlan } },
    ),
    async (request, reply) =>
      tagged(
        reply,
        await write(ports, request, (call) =>
          changeProtectionPlan(call, request.params.id, request.body, expectedRevision(request)),
        ),
      ),
  );

  api.delete(
    '/v1/protection-plans/:id',
    about(
      {
        operationId: 'removeProtectionPlan',
        scope: 'schedules:write',
        tag,
        summary: 'Remove a protection plan',
        description:
          'Refused with `in-use` while it is applied to application instances, and with `rule-violated` when it is built in.',
        refusals: [409, 422],
      },
      { params: ById, headers: ChangeHeaders },
    ),
    async (request, reply) => {
      await write(ports, request, (call) => removeProtectionPlan(call, request.params.id, expectedRevision(request)));
      return reply.code(204).send();
    },
  );
}
