/** The row of an Operation: the domain's fields, and those that deliveries and observations keep beside them. */
import { z } from 'zod';
import { DeliveryAction, StoredOperation } from '../../core/operations/rules/operation.ts';
import { columnsOf } from '../kit/rows/columns.ts';

export const operationColumns = columnsOf(StoredOperation.shape);

export const OperationRow = StoredOperation.extend({
  /** The resource's version that was folded in last. */
  observedVersion: z.string().exactOptional(),
  owed: DeliveryAction.optional(),
  attempts: z.int(),
  unanswered: z.int(),
});

/**
 * The fields that deliveries, observations and deadlines write. The others are set when an Operation begins or is
 * cancelled. A new field of Operation belongs to the status unless it is left out here.
 */
export const OperationStatus = OperationRow.omit({
  id: true,
  organizationId: true,
  clusterId: true,
  applicationInstanceId: true,
  scheduleId: true,
  scheduledFor: true,
  name: true,
  namespace: true,
  target: true,
  type: true,
  engine: true,
  parameters: true,
  ttl: true,
  ttlSource: true,
  origin: true,
  requestedBy: true,
  onBehalfOf: true,
  cancelRequestedAt: true,
  deliverBefore: true,
  createdAt: true,
  revision: true,
  owed: true,
  attempts: true,
  unanswered: true,
});
