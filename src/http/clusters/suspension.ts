/** /v1/clusters/{id}/suspend and /resume: all schedules of a cluster stop firing, and fire again. */

import { z } from 'zod';
import type { ClustersTable } from '../../core/clusters/ports.ts';
import { Cluster } from '../../core/clusters/rules/cluster.ts';
import { suspendCluster } from '../../core/clusters/suspension.ts';
import type { EventsTable } from '../../core/kernel/ports.ts';
import { answerOnce, done } from '../kit/calls.ts';
import { ById, PostHeaders } from '../kit/parameters.ts';
import type { Api, RoutePorts } from '../kit/ports.ts';
import { about } from '../kit/route.ts';

const tag = 'clusters';
const ClusterSuspension = z
  .strictObject({ reason: z.string().min(1).max(500).optional().describe('Why, for people.') })
  .meta({ id: 'ClusterSuspension', description: 'Why the cluster is suspended.' });

export function clusterSuspensionRoutes(api: Api, ports: RoutePorts<ClustersTable & EventsTable>): void {
  api.post(
    '/v1/clusters/:id/suspend',
    about(
      {
        operationId: 'suspendCluster',
        scope: 'clusters:write',
        tag,
        summary: 'Suspend all schedules of a cluster',
        description:
          'No schedule fires for the cluster until it is resumed; the ledger records the slots as skipped. The service still delivers Operations on demand.',
      },
      { params: ById, headers: PostHeaders, body: ClusterSuspension, response: { 200: Cluster } },
    ),
    (request, reply) =>
      answerOnce(ports, request, reply, async (call) =>
        done(await suspendCluster(call, request.params.id, true, request.body.reason)),
      ),
  );

  api.post(
    '/v1/clusters/:id/resume',
    about(
      {
        operationId: 'resumeCluster',
        scope: 'clusters:write',
        tag,
        summary: 'Resume the schedules of a cluster',
        description: 'Schedules fire again from their next slot on. Slots that passed meanwhile are not made up for.',
      },
      { params: ById, headers: PostHeaders, response: { 200: Cluster } },
    ),
    (request, reply) =>
      answerOnce(ports, request, reply, async (call) => done(await suspendCluster(call, request.params.id, false))),
  );
}
