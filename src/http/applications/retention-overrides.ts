/** /v1/application-classes/{id}/retention-override: an organization's own times to live for copies of a class. */

import type { ApplicationClassesTable, RetentionOverridesTable } from '../../core/applications/ports.ts';
import { findOverride, putOverride, removeOverride } from '../../core/applications/retention-overrides.ts';
import { RetentionOverride } from '../../core/applications/rules/application.ts';
import { GivenRetention } from '../../core/applications/rules/retention.ts';
import { callerOf } from '../kit/auth.ts';
import { write } from '../kit/calls.ts';
import { ActorHeaders, ById } from '../kit/parameters.ts';
import type { Api, RoutePorts } from '../kit/ports.ts';
import { about } from '../kit/route.ts';

const tag = 'application-classes';
const address = '/v1/application-classes/:id/retention-override';

export function retentionOverrideRoutes(
  api: Api,
  ports: RoutePorts<ApplicationClassesTable & RetentionOverridesTable>,
): void {
  api.get(
    address,
    about(
      {
        operationId: 'getRetentionOverride',
        scope: 'application-classes:read',
        tag,
        summary: "Get the organization's retention for a class",
      },
      { params: ById, response: { 200: RetentionOverride } },
    ),
    (request) => findOverride({ tx: ports.store.tables, caller: callerOf(request) }, request.params.id),
  );

  api.put(
    address,
    about(
      {
        operationId: 'putRetentionOverride',
        scope: 'application-classes:write',
        tag,
        summary: "Set the organization's retention for a class",
        description:
          "Replaces the whole set. A cadence that is absent takes the class's default. The change is not retroactive; `note` in the answer says which copies it affects.",
      },
      { params: ById, headers: ActorHeaders, body: GivenRetention, response: { 200: RetentionOverride } },
    ),
    (request) => write(ports, request, (call) => putOverride(call, request.params.id, request.body)),
  );

  api.delete(
    address,
    about(
      {
        operationId: 'removeRetentionOverride',
        scope: 'application-classes:write',
        tag,
        summary: "Remove the organization's retention for a class",
        description: "From now on, copies are made with the class's defaults again.",
      },
      { params: ById, headers: ActorHeaders },
    ),
    async (request, reply) => {
      await write(ports, request, (call) => removeOverride(call, request.params.id));
      return reply.code(204).send();
    },
  );
}
