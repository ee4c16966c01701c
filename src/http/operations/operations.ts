/** /v1/operations: backups and restores, on demand and from schedules: asking for one, following it, cancelling it. */

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
import { callerOf } from '../kit/auth.ts';
import { answerOnce, done, reading } from '../kit/calls.ts';
import { CreationOrder, listed, listOf, listQuery } from '../kit/paging.ts';
import { ById, PostHeaders, QueryBoolean, ReadHeaders } from '../kit/parameters.ts';
import type { Api, RoutePorts } from '../kit/ports.ts';
import { taggedUnlessKnown } from '../kit/revisions.ts';
import { about } from '../kit/route.ts';

const tag = 'operations';
const OperationList = listOf('OperationList', Operation, 'operations');
const OperationManifest = z.record(z.string(), z.unknown()).meta({
  id: 'OperationManifest',
  description: 'The custom resource of kind Operation (ops.vworkspace.io/v1alpha1) as it is applied to the cluster.',
});
const OperationPlan = z
  .object({
    operation: Operation.describe('With everything resolved: name, parameters, ttl and where it came from.'),
    manifest: OperationManifest,
    warnings: z.array(z.string()).describe('What is accepted and yet may not do what was meant.'),
  })
  .meta({ id: 'OperationPlan', description: 'An Operation, and the resource that it becomes in the cluster.' });

const DryRun = z.strictObject({
  dryRun: QueryBoolean.default(false).meta({
    description:
      'true: everything but the write. Answered with 200 instead of 201; Idempotency-Key is not looked at. Default false.',
    default: false,
  }),
});
const filters = {
  clusterId: Id.optional().describe('Only those in this cluster.'),
  applicationInstanceId: Id.optional().describe('Only those on this application instance.'),
  scheduleId: Id.optional().describe('Only the fires of this schedule.'),
  type: OperationType.optional().describe('Only those of this type.'),
  phase: Phase.optional().describe('Only those in this phase.'),
  origin: Origin.optional().describe(
    'Only those of this origin. cluster: what others made there with kubectl, Git or another tool.',
  ),
  namespace: DnsLabel.optional().describe('Only those in namespaces of this name.'),
};

export function operationRoutes(api: Api, ports: RoutePorts<RequestTables> & { readonly doorbell: Doorbell }): void {
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
          'A backup or restore now. It is recorded as Pending and delivered to the cluster at once, or as soon as that can be reached; follow it with `getOperation`. With `dryRun=true` nothing is written and the answer tells what would be.',
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
          'The newest first. Also those that others made in the clusters (`origin` cluster): they are seen by the watch, sorted by when they were made there, and can be cancelled like any other.',
      },
      { querystring: listQuery(CreationOrder.default('-createdAt'), filters), response: { 200: OperationList } },
    ),
    (request) => listed(request.query, (query) => operations.page(callerOf(request).organizationId, query)),
  );

  api.get(
    '/v1/operations/:id',
    about(
      { operationId: 'getOperation', scope: 'operations:read', tag, summary: 'Get an operation' },
      { params: ById, headers: ReadHeaders, response: { 200: Operation } },
    ),
    async (request, reply) =>
      taggedUnlessKnown(request, reply, await own(operations, callerOf(request), 'operation', request.params.id)),
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
          'Not delivered yet: it is Cancelled at once. Else its resource is deleted in the cluster, now or when that can be reached, and it is Cancelled when the cluster says so; `cancelRequestedAt` is set meanwhile. What turns out to have finished in the cluster is not deleted, and stays as it ended. What has ended is refused with `already-finished`.',
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
