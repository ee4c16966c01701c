/** What the engine itself states of an Operation, where the service may read it: beside what the operator says. */
import { z } from 'zod';
import { Instant } from '../../kernel/rules/fields.ts';

const count = z.int().min(0).optional();

export const EngineWord = z
  .object({
    phase: z
      .string()
      .describe(
        "Velero's phase, for example Queued, InProgress, Completed, PartiallyFailed, FailedValidation or Deleting. Later versions of Velero may have others.",
      ),
    queuePosition: count.describe("Its place in Velero's queue, from 1 on, while it is Queued."),
    startedAt: Instant.optional().describe('When Velero began with it.'),
    completedAt: Instant.optional().describe('When Velero ended it.'),
    expiresAt: Instant.optional().describe('When Velero lets the copy expire. Backups only.'),
    itemCount: count.describe('How many Kubernetes objects it has done.'),
    warningCount: count.describe('How many warnings Velero counted. Their texts are in the storage location.'),
    errorCount: count.describe('How many errors Velero counted. Their texts are in the storage location.'),
    message: z.string().optional().describe("Velero's validation errors and its reason of a failure."),
    lastSeenAt: Instant.describe('When its resource was known to be there last.'),
    goneAt: Instant.optional().describe('When its resource was found to be gone.'),
  })
  .meta({
    id: 'EngineWord',
    description:
      'What Velero itself states, where the credentials may read it (docs/rbac-discovery.yaml). It changes without a new revision of the Operation.',
  });
export type EngineWord = z.infer<typeof EngineWord>;
