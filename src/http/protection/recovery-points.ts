/** /v1/recovery-points: the copies that can be restored, now or at an instant. */

import type { Clock } from '../../core/kernel/ports.ts';
import { GivenInstant, Id } from '../../core/kernel/rules/fields.ts';
import { DnsLabel } from '../../core/kernel/rules/names.ts';
import { notFound } from '../../core/kernel/rules/problem.ts';
import type { RecoveryPoints } from '../../core/protection/ports.ts';
import { RecoveryPoint } from '../../core/protection/rules/recovery-point.ts';
import { callerOf } from '../kit/auth.ts';
import { CreationOrder, listed, listOf, listQuery } from '../kit/paging.ts';
import { ById, documentedDefault, QueryBoolean } from '../kit/parameters.ts';
import type { Api } from '../kit/ports.ts';
import { about } from '../kit/route.ts';

const tag = 'recovery-points';
const RecoveryPointList = listOf('RecoveryPointList', RecoveryPoint, 'recovery points');
const filters = {
  applicationInstanceId: Id.optional().describe('Only those of this application instance.'),
  clusterId: Id.optional().describe('Only those of applications in this cluster.'),
  scheduleId: Id.optional().describe('Only those that this schedule made.'),
  namespace: DnsLabel.optional().describe('Only those of applications in namespaces of this name.'),
  includeGone: QueryBoolean.default(false).meta({
    description: 'true: also copies that were found to be gone before they expired (`goneAt`).',
    ...documentedDefault(false),
  }),
  at: GivenInstant.optional().describe(
    'Only copies that could be restored at this instant: finished by then and not yet expired. Default: now.',
  ),
};

export function recoveryPointRoutes(
  api: Api,
  { recoveryPoints, clock }: { readonly recoveryPoints: RecoveryPoints; readonly clock: Clock },
): void {
  api.get(
    '/v1/recovery-points',
    about(
      {
        operationId: 'listRecoveryPoints',
        scope: 'operations:read',
        tag,
        summary: 'List recovery points',
        description:
          'The copies that can be restored. Each was made by a Backup that Succeeded, and has not expired. The copies of the newest Operations come first.',
      },
      {
        querystring: listQuery(CreationOrder.default('-createdAt'), filters),
        response: { 200: RecoveryPointList },
      },
    ),
    (request) =>
      listed(request.query, async (query) =>
        recoveryPoints.page(callerOf(request).organizationId, query, await clock.now()),
      ),
  );

  api.get(
    '/v1/recovery-points/:id',
    about(
      {
        operationId: 'getRecoveryPoint',
        scope: 'operations:read',
        tag,
        summary: 'Get a recovery point',
        description:
          'Its id is the id of the Operation that made it. The answer is 404 until the Operation has succeeded, and after the copy has expired. A copy that was found to be gone is answered with `goneAt`.',
      },
      { params: ById, response: { 200: RecoveryPoint } },
    ),
    async (request) => {
      const { id } = request.params;
      const found = await recoveryPoints.find(callerOf(request).organizationId, id, await clock.now());
      if (found === undefined) throw notFound('recovery point', id);
      return found;
    },
  );
}
