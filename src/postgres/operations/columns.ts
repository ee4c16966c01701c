/** The row of an Operation: the domain's fields, and those that deliveries and observations keep beside them. */
import { z } from 'zod';
import { StoredOperation } from '../../core/operations/rules/operation.ts';
import { columnsOf } from '../kit/rows/columns.ts';
import { OwedFields } from './owed.ts';

export const operationColumns = columnsOf(StoredOperation.shape);

export const OperationRow = StoredOperation.extend({
  /** The resource's version that was folded in last. */
  observedVersion: z.string().exactOptional(),
  /** The database gives each row a number that is higher than all before; 0 in rows of versions that gave none. */
  recordPosition: z
    .union([z.string(), z.int()])
    .transform((stored) => (String(stored) === '0' ? undefined : String(stored))),
  /** Its end is known from single conditions only. */
  endIsPosted: z.boolean().optional(),
  attempts: z.int(),
  unanswered: z.int(),
  ...OwedFields.shape,
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
  ttlSeconds: true,
  ttlSource: true,
  origin: true,
  requestedBy: true,
  onBehalfOf: true,
  requestId: true,
  recordPosition: true,
  cancelRequestedAt: true,
  deliverBefore: true,
  createdAt: true,
  revision: true,
  owed: true,
  deletionReason: true,
  nextAttemptAt: true,
  attempts: true,
  unanswered: true,
});
