/** The row of an Operation: what the domain says of it, and what is kept beside that for deliveries and observations. */
import { z } from 'zod';
import { DeliveryAction, Operation } from '../../core/operations/rules/operation.ts';
import { columnsOf } from '../kit/columns.ts';

export const operationColumns = columnsOf(Operation.shape);

export const OperationRow = Operation.extend({
  /** The resource's version that was folded in last. */
  observedVersion: z.string().exactOptional(),
  owed: DeliveryAction.optional(),
  attempts: z.int(),
  unanswered: z.int(),
});

/** What deliveries and observations write; the rest is decided when an Operation begins, or by a cancel. */
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
