/** /v1/application-instances/{id}/…-protection-plan: a plan in effect on an application, and no more. */
import { z } from 'zod';
import { Id } from '../../core/kernel/rules/fields.ts';
import { DnsLabel } from '../../core/kernel/rules/names.ts';
import {
  type ApplyProtectionPlanTables,
  applyProtectionPlan,
  detachProtectionPlan,
} from '../../core/protection-plans/apply-protection-plan.ts';
import { Schedule } from '../../core/scheduling/rules/schedule.ts';
import { TimeZone } from '../../core/time/rules/recurrence.ts';
import { answerOnce, done } from '../kit/calls.ts';
import { ById, PostHeaders } from '../kit/parameters.ts';
import type { Api, RoutePorts } from '../kit/ports.ts';
import { about } from '../kit/route.ts';

const tag = 'protection-plans';
const PlanApplication = z
  .strictObject({
    protectionPlanId: Id.optional().describe('The plan; or its name.'),
    protectionPlanName: DnsLabel.optional(),
    timeZone: TimeZone.optional().describe("Where its schedules are read. Default: the plan's."),
  })
  .meta({ id: 'PlanApplication', description: 'Which plan is to be in effect.' });
const AppliedProtectionPlan = z
  .object({
    applicationInstanceId: Id,
    protectionPlanId: Id,
    protectionPlanName: DnsLabel,
    timeZone: TimeZone,
    schedules: z.array(Schedule).describe('Those of the plan.'),
    warnings: z
      .array(z.string())
      .describe('What is legal but unwise about it, and what the cluster was found not to have.'),
    note: z.string().describe('What it does and does not affect.'),
  })
  .meta({ id: 'AppliedProtectionPlan', description: 'A plan in effect on an application instance.' });
const DetachedProtectionPlan = z
  .object({
    applicationInstanceId: Id,
    removedCount: z.int().min(0).describe('How many schedules fire no more; 0 when no plan was applied.'),
    note: z.string().describe('What it does and does not affect.'),
  })
  .meta({ id: 'DetachedProtectionPlan', description: 'An application instance without a plan.' });

export function applyProtectionPlanRoutes(api: Api, ports: RoutePorts<ApplyProtectionPlanTables>): void {
  api.post(
    '/v1/application-instances/:id/apply-protection-plan',
    about(
      {
        operationId: 'applyProtectionPlan',
        scope: 'schedules:write',
        tag,
        summary: 'Apply a protection plan to an application instance',
        description:
          'Says what is to be: applied again it changes nothing. Another plan takes the place of the one before: schedules of entries of the same name are changed and keep their ledger, others are made and removed. Schedules made by hand are left alone. The schedules of a plan are called `plan-<entry>` and follow it; what it decides of them cannot be changed by hand, but they may be suspended. As when a schedule is created, what the operator of the cluster is known not to accept (a ttl, or a parameter that the application class sets) is refused with `rule-violated`, and nothing is applied; what may yet come true is a warning. A plan that is in effect already is not refused when it is applied again: its warnings say it.',
      },
      { params: ById, headers: PostHeaders, body: PlanApplication, response: { 200: AppliedProtectionPlan } },
    ),
    (request, reply) =>
      answerOnce(ports, request, reply, async (call) =>
        done(await applyProtectionPlan(call, request.params.id, request.body)),
      ),
  );

  api.post(
    '/v1/application-instances/:id/detach-protection-plan',
    about(
      {
        operationId: 'detachProtectionPlan',
        scope: 'schedules:write',
        tag,
        summary: 'Detach the protection plan from an application instance',
        description:
          'What the plan made fires no more. Copies stay until their ttl ends; so do schedules made by hand.',
      },
      { params: ById, headers: PostHeaders, response: { 200: DetachedProtectionPlan } },
    ),
    (request, reply) =>
      answerOnce(ports, request, reply, async (call) => done(await detachProtectionPlan(call, request.params.id))),
  );
}
