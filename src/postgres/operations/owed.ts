/**
 * What is owed to a cluster, between the rows and the domain.
 *
 *   owed              Apply, or Delete for a cancel
 *   deletion_reason   a deletion for any other reason, while next_attempt_at is set
 *
 * A version of the service that knows of no reasons carries out what is in `owed`, whatever the resource does. So only a
 * cancel is there: other reasons it neither sees nor claims.
 */
import { z } from 'zod';
import { DeletionReason, type DeliveryAction } from '../../core/operations/rules/operation.ts';

/** Exactly the condition of the partial index. */
export function mayBeOwed(operation = 'operation'): string {
  return `(${operation}.owed is not null or ${operation}.deletion_reason is not null)`;
}

export function owesNothing(operation = 'operation'): string {
  return `(${operation}.owed is null and (${operation}.deletion_reason is null or ${operation}.next_attempt_at is null))`;
}

export const OwedFields = z.object({
  owed: z.enum(['Apply', 'Delete']).optional(),
  deletionReason: DeletionReason.exclude(['Cancel']).optional(),
  nextAttemptAt: z.unknown().optional(),
});

export function owedAction({
  owed,
  deletionReason,
  nextAttemptAt,
}: z.infer<typeof OwedFields>): DeliveryAction | undefined {
  if (owed === 'Delete') return 'Cancel';
  return owed ?? (nextAttemptAt === undefined ? undefined : deletionReason);
}

export function owedColumns(action: DeliveryAction | undefined): {
  readonly owed?: 'Apply' | 'Delete';
  readonly deletionReason?: DeletionReason;
} {
  if (action === undefined) return {};
  if (action === 'Apply') return { owed: 'Apply' };
  return action === 'Cancel' ? { owed: 'Delete' } : { deletionReason: action };
}
