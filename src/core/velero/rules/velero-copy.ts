/**
 * A Backup of Velero for the API, whoever made it: with the Operation and the application that it belongs to, where they
 * can be known. An Operation by the uid in its label and its name; an application by its label, or by the one namespace
 * that it includes, when one application is registered there.
 */

import { z } from 'zod';
import { Id, Instant } from '../../kernel/rules/fields.ts';
import { VeleroResource } from './velero-resource.ts';

const { shape } = VeleroResource;
const count = z.int().min(0).optional();

export const VeleroCopy = z
  .object({
    id: Id,
    organizationId: Id,
    clusterId: Id,
    operationId: Id.optional().describe('The Operation that made it. Absent when there is none: others made it.'),
    applicationInstanceId: Id.optional().describe(
      'The application that it is a copy of, where its Operation, its labels or its one namespace tell. Absent: that is not known.',
    ),
    name: z.string().describe('The name of the Backup of Velero: what a Restore gives in `parameters.backupName`.'),
    phase: shape.phase.describe(
      "Velero's phase, for example Queued, InProgress, Completed, PartiallyFailed, FailedValidation or Deleting. Later versions of Velero may have others.",
    ),
    copied: z.boolean().describe('true: it has been Completed or PartiallyFailed, so there is or was a copy.'),
    orphan: z
      .enum(['OperationCancelled', 'ApplicationGone'])
      .optional()
      .describe(
        'A copy that is there although nobody expects it. OperationCancelled: the Operation was cancelled, and the upload went on. ApplicationGone: its application is not in the cluster any more. Absent: it is none, or that cannot be known.',
      ),
    target: shape.target.describe('The application in its labels.'),
    namespaces: shape.namespaces.describe('The namespaces that it includes, at most twenty. Empty: all.'),
    veleroSchedule: shape.veleroSchedule.describe('The Schedule of Velero that made it.'),
    storageLocation: shape.storageLocation,
    startedAt: shape.startedAt.describe('When Velero began with it.'),
    completedAt: shape.completedAt.describe('When Velero ended it.'),
    expiresAt: shape.expiresAt.describe('When Velero lets the copy expire. It deletes it within the hour.'),
    itemCount: count.describe('How many Kubernetes objects the copy has.'),
    warningCount: count.describe('How many warnings Velero counted. Their texts are in the storage location.'),
    errorCount: count.describe('How many errors Velero counted. Their texts are in the storage location.'),
    queuePosition: count.describe("Its place in Velero's queue, from 1 on, while it is Queued."),
    failureReason: shape.failureReason,
    validationErrors: shape.validationErrors.describe('Why Velero did not begin with it.'),
    deletingSince: shape.deletingSince.describe('Since when it is being deleted.'),
    firstSeenAt: Instant.describe('When the watch first saw it.'),
    lastSeenAt: Instant.describe('When it was known to be there last.'),
    goneAt: shape.goneAt.describe(
      'When it was found to be gone: away for five minutes, while the cluster was watched and the storage location Available.',
    ),
  })
  .meta({ id: 'VeleroCopy', description: 'A Backup of Velero in a cluster, whoever made it.' });
export type VeleroCopy = z.infer<typeof VeleroCopy>;
