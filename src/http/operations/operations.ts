/** /v1/operations: backups and restores, on demand and from schedules. */

import { z } from 'zod';
import { own } from '../../core/access/call.ts';
import type { Doorbell } from '../../core/kernel/ports.ts';
import { Id } from '../../core/kernel/rules/fields.ts';
import { DnsLabel } from '../../core/kernel/rules/names.ts';
import { OperationType } from '../../core/kernel/rules/operation-type.ts';
import { cancelOperation } from '../../core/operations/cancel.ts';
import {
  draftOperation,
  type RequestedOperation,
  type RequestTables,
  requestOperation,
} from '../../core/operations/request.ts';
import { NewOperation, Operation, Origin, Phase } from '../../core/operations/rules/operation.ts';
import { withWaiting } from '../../core/operations/waiting.ts';
import type { VeleroWords } from '../../core/velero/ports.ts';
import { withVelero } from '../../core/velero/with-velero.ts';
import { callerOf } from '../kit/auth.ts';
import { answerOnce, done, reading } from '../kit/calls.ts';
import { CreationOrder, listed, listOf, listQuery } from '../kit/paging.ts';
import { ById, DryRun, PostHeaders, ReadHeaders } from '../kit/parameters.ts';
import type { Api, RoutePorts } from '../kit/ports.ts';
import { taggedUnlessKnown } from '../kit/revisions.ts';
import { about } from '../kit/route.ts';
import { OperationManifest } from './manifest.ts';

const tag = 'operations';
const OperationList = listOf('OperationList', Operation, 'operations');
const OperationPlan = z
  .object({
    operation: Operation.describe('The Operation with its name, parameters, ttl and the source of the ttl resolved.'),
    manifest: OperationManifest,
    warnings: z
      .array(z.string())
      .describe('Warnings: the request was accepted, but probably does not do what you want.'),
  })
  .meta({ id: 'OperationPlan', description: 'An Operation, and the resource that it becomes in the cluster.' });

const filters = {
  clusterId: Id.optional().describe('Only those in this cluster.'),
  applicationInstanceId: Id.optional().describe('Only those on this application instance.'),
  scheduleId: Id.optional().describe('Only the fires of this schedule.'),
  type: OperationType.optional().describe('Only those of this type.'),
  phase: Phase.optional().describe('Only those in this phase.'),
  origin: Origin.optional().describe(
    'Only those of this origin. cluster: those that others made in the cluster with kubectl, Git or another tool.',
  ),
  namespace: DnsLabel.optional().describe('Only those in namespaces of this name.'),
};

export function operationRoutes(
  api: Api,
  ports: RoutePorts<RequestTables> & { readonly doorbell: Doorbell; readonly veleroWords: VeleroWords },
): void {
  const { operations } = ports.store.tables;

  api.post(
    '/v1/operations',
    about(
      {
        operationId: 'createOperation',
        scope: 'operations:write',
        tag,
        summary: 'Create an operation',
        description:
          'Makes a backup or a restore now. The Operation is recorded as Pending. It is delivered to the cluster at once, or as soon as the cluster can be reached. Follow it with `getOperation`. With `dryRun=true` nothing is written, and the answer shows the Operation that would be made.',
      },
      {
        headers: PostHeaders,
        querystring: DryRun,
        body: NewOperation,
        response: { 200: OperationPlan, 201: OperationPlan },
      },
    ),
    async (request, reply) => {
      const { query, body } = request;
      if (query.dryRun) return answerOf(await draftOperation(await reading(ports, request), body));
      return answerOnce(ports, request, reply, async (call) => {
        const requested = await requestOperation(call, ports.doorbell, body);
        return {
          status: 201,
          body: answerOf(requested),
          headers: { location: `/v1/operations/${requested.operation.id}` },
        };
      });
    },
  );

  api.get(
    '/v1/operations',
    about(
      {
        operationId: 'listOperations',
        scope: 'operations:read',
        tag,
        summary: 'List operations',
        description:
          'The newest first. The list includes Operations that others made in the clusters (`origin` cluster). The watch finds these. They are sorted by when they were made there, and can be cancelled like any other.',
      },
      { querystring: listQuery(CreationOrder.default('-createdAt'), filters), response: { 200: OperationList } },
    ),
    (request) =>
      listed(request.query, async (query) => {
        const page = await operations.page(callerOf(request).organizationId, query);
        const items = await withWaiting(ports.store.tables, page.items, await ports.clock.now());
        return { ...page, items: await withVelero(ports, items) };
      }),
  );

  api.get(
    '/v1/operations/:id',
    about(
      {
        operationId: 'getOperation',
        scope: 'operations:read',
        tag,
        summary: 'Get an operation',
        description:
          'While it is Pending, `waiting` says what it waits for; `velero` is what Velero itself states, where it may be read. Both change without a new revision: leave If-None-Match out to see them.',
      },
      { params: ById, headers: ReadHeaders, response: { 200: Operation } },
    ),
    async (request, reply) => {
      const operation = await own(operations, callerOf(request), 'operation', request.params.id);
      const waiting = await withWaiting(ports.store.tables, [operation], await ports.clock.now());
      const [shown = operation] = await withVelero(ports, waiting);
      return taggedUnlessKnown(request, reply, shown);
    },
  );

  api.post(
    '/v1/operations/:id/cancel',
    about(
      {
        operationId: 'cancelOperation',
        scope: 'operations:write',
        tag,
        summary: 'Cancel an operation',
        description:
          'An Operation that is not delivered yet is Cancelled at once. Else its resource is deleted in the cluster, now or when the cluster can be reached. The Operation is Cancelled when the cluster states that the resource is gone; until then `cancelRequestedAt` is set. A resource that has finished in the meantime is not deleted, and the Operation keeps that end. A Restore that is overdue can be cancelled like any other. So can an Operation that has ended here while its resource was left in the cluster: its phase stays, and the resource is deleted. What has ended in the cluster, or is surely not there, is refused with `already-finished`, and the answer says which.',
      },
      { params: ById, headers: PostHeaders, response: { 200: Operation } },
    ),
    (request, reply) =>
      answerOnce(ports, request, reply, async (call) =>
        done(await cancelOperation(call, ports.doorbell, request.params.id)),
      ),
  );
}

function answerOf({ operation, manifest, warnings }: RequestedOperation): z.infer<typeof OperationPlan> {
  return { operation, manifest: { ...manifest }, warnings: [...warnings] };
}
