/** /v1/clusters/{id}/suspend and /resume: everything that is scheduled for a cluster stands still, and goes on. */

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
  .meta({ id: 'ClusterSuspension', description: 'Why it stands still.' });

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
          'Slots are in the ledger as skipped until it is resumed. Operations on demand are still delivered.',
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
        description: 'Nothing is made up for: the next slots fire.',
      },
      { params: ById, headers: PostHeaders, response: { 200: Cluster } },
    ),
    (request, reply) =>
      answerOnce(ports, request, reply, async (call) => done(await suspendCluster(call, request.params.id, false))),
  );
}
