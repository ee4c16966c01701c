/** /v1/application-instances/{id}/apply-protection-plan and /detach-protection-plan. */
import { z } from 'zod';
import { Id } from '../../core/kernel/rules/fields.ts';
import { DnsLabel } from '../../core/kernel/rules/names.ts';
import {
  type ApplyProtectionPlanTables,
  applyProtectionPlan,
  detachProtectionPlan,
} from '../../core/protection-plans/apply-protection-plan.ts';
import { Schedule } from '../../core/scheduling/rules/schedule.ts';
import { GivenTimeZone, TimeZone } from '../../core/time/rules/time-zone.ts';
import { answerOnce, done } from '../kit/calls.ts';
import { ById, PostHeaders } from '../kit/parameters.ts';
import type { Api, RoutePorts } from '../kit/ports.ts';
import { about } from '../kit/route.ts';

const tag = 'protection-plans';
const PlanApplication = z
  .strictObject({
    protectionPlanId: Id.optional().describe('The protection plan. Give this, or protectionPlanName.'),
    protectionPlanName: DnsLabel.optional(),
    timeZone: GivenTimeZone.optional().describe(
      'The time zone of its schedules. Default: that of the protection plan.',
    ),
  })
  .meta({ id: 'PlanApplication', description: 'The protection plan to apply.' });
const AppliedProtectionPlan = z
  .object({
    applicationInstanceId: Id,
    protectionPlanId: Id,
    protectionPlanName: DnsLabel,
    timeZone: TimeZone,
    schedules: z.array(Schedule).describe('The schedules of the protection plan.'),
    warnings: z
      .array(z.string())
      .describe(
        'Warnings: the request was accepted, but probably does not do what you want. They also name things that were not found in the cluster.',
      ),
    note: z.string().describe('Which copies and schedules the change affects, and which it does not.'),
  })
  .meta({
    id: 'AppliedProtectionPlan',
    description: 'A protection plan that is in effect on an application instance.',
  });
const DetachedProtectionPlan = z
  .object({
    applicationInstanceId: Id,
    removedCount: z.int().min(0).describe('How many schedules fire no more. 0 when no protection plan was applied.'),
    note: z.string().describe('Which copies and schedules the change affects, and which it does not.'),
  })
  .meta({ id: 'DetachedProtectionPlan', description: 'An application instance without a protection plan.' });

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
          'Makes the schedules of the protection plan on the application instance. Applying the same one again changes nothing. Another one replaces the one before: schedules of entries with the same name are changed and keep their ledger, and the others are made or removed. Schedules made by hand are left alone.\n\nThe schedules are called `plan-<entry>` and follow the protection plan. The fields that it sets cannot be changed by hand, but the schedules may be suspended.\n\nAs when a schedule is created, the operator of the cluster may be known not to accept a ttl, or a parameter that the application class sets. The request is then refused with `rule-violated`, and nothing is applied. Things that may still change before a delivery are warnings. A protection plan that is in effect already is not refused when it is applied again; the answer has warnings instead.',
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
          'The schedules that the protection plan made fire no more. Copies stay until their ttl ends. Schedules made by hand stay as well.',
      },
      { params: ById, headers: PostHeaders, response: { 200: DetachedProtectionPlan } },
    ),
    (request, reply) =>
      answerOnce(ports, request, reply, async (call) => done(await detachProtectionPlan(call, request.params.id))),
  );
}
