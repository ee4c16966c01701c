/**
 * A recovery point: the copy that a Backup has made, from its end until it expires. It is an Operation seen from its
 * copy, so nothing of it is stored.
 *
 * A backup without items has made no copy. A partial failure leaves a copy as well; it can be restored, and is marked as partial. So does a Backup that ended
 * here, for example at a deadline, and yet succeeded in its cluster.
 */
import { z } from 'zod';
import { TtlSource } from '../../applications/rules/retention.ts';
import type { Condition } from '../../kernel/rules/condition.ts';
import { Ttl } from '../../kernel/rules/duration.ts';
import { Id, Instant } from '../../kernel/rules/fields.ts';
import { DnsLabel } from '../../kernel/rules/names.ts';
import { type Operation, resourceGoneAt } from '../../operations/rules/operation.ts';
import { betterTimes, countsOf } from '../../velero/rules/better-times.ts';
import type { SeenWord } from '../../velero/rules/velero-resource.ts';

export const RecoveryPoint = z
  .object({
    id: Id.describe('The id of the recovery point: that of the Operation that made the copy.'),
    operationId: Id.describe('The Operation that made the copy.'),
    organizationId: Id,
    clusterId: Id,
    applicationInstanceId: Id.optional().describe('Absent when the application is not registered here.'),
    scheduleId: Id.optional(),
    namespace: DnsLabel,
    target: DnsLabel.describe('The name of the ApplicationInstance that was backed up.'),
    backupName: z.string().describe('The name for a Restore to give in `parameters.backupName`.'),
    storageLocation: z.string().describe('The BackupStorageLocation that holds the copy.'),
    startedAt: Instant.describe('When the backup started. A restore goes back to the state of this time.'),
    finishedAt: Instant.describe(
      'When the backup ended. For a Backup that had already ended here: when this service learnt that it succeeded.',
    ),
    expiresAt: Instant.describe(
      'When the copy expires. By `knownFrom` Velero it is what Velero states; else it is its start plus ttl, an estimate.',
    ),
    collectedBy: Instant.describe(
      'When Velero has deleted the expired copy at the latest: an hour after expiresAt. It takes longer only while the storage location is unavailable.',
    ),
    ttl: Ttl,
    ttlSource: TtlSource.optional(),
    partial: z
      .boolean()
      .describe(
        'true: the engine could not process everything. The copy can be restored, but does not count as a good copy.',
      ),
    resourceGoneAt: resourceGoneAt.optional(),
    itemCount: z
      .int()
      .min(0)
      .optional()
      .describe('How many Kubernetes objects the copy has. Absent when neither Velero nor the operator states it.'),
    warningCount: z
      .int()
      .min(0)
      .optional()
      .describe('How many warnings Velero counted. Absent where Velero is not known.'),
    errorCount: z.int().min(0).optional().describe('How many errors Velero counted. Absent where Velero is not known.'),
    knownFrom: z
      .enum(['Operator', 'Velero'])
      .describe(
        "Velero: its Backup was seen in the cluster, and times and counts are Velero's. Operator: only the Operation tells of the copy, and nobody has looked whether it is there. For more, the credentials need the rights of docs/rbac-discovery.yaml.",
      ),
    lastSeenAt: Instant.optional().describe(
      'When the copy was known to be there last: while Velero is followed, the last look; else when the operator last stated something new. Absent when that is not known.',
    ),
    goneAt: Instant.optional().describe(
      'When the copy was found to be gone before it expired: its Backup had been away for five minutes, while the cluster was watched and its storage location was Available. Nothing can be restored from it. Lists leave it out unless includeGone=true.',
    ),
    sizeBytes: z
      .int()
      .min(0)
      .optional()
      .describe('The size of the copy, in bytes. Absent when the cluster does not state it.'),
  })
  .meta({ id: 'RecoveryPoint', description: 'A copy that can be restored, and until when.' });
export type RecoveryPoint = z.infer<typeof RecoveryPoint>;

const collectionMs = 3_600_000;

/** Operators state counts as numbers or as decimal text. Any other value counts as absent. */
const Amount = z
  .union([z.int(), z.string().regex(/^\d+$/).transform(Number).pipe(z.int())])
  .pipe(z.int().min(0))
  .optional()
  .catch(undefined);
const Words = z.string().min(1).optional().catch(undefined);
const Outputs = z.object({
  backupName: Words,
  storageLocation: Words,
  backupItemCount: Amount,
  backupSizeBytes: Amount,
});

/** The copy that the Operation has made, expired or not; `undefined` when it made none. Velero's word is better known. */
export function recoveryPointOf(stated: Operation, word?: SeenWord): RecoveryPoint | undefined {
  const { type, phase, ttl, ttlSource, applicationInstanceId, scheduleId, contradiction } = stated;
  const late = phase !== 'Succeeded' && contradiction?.phase === 'Succeeded';
  if (type !== 'Backup' || !(late || phase === 'Succeeded') || ttl === undefined) return undefined;
  const copy = word?.copied === true ? word : undefined;
  const known = { ...stated, finishedAt: late ? contradiction.at : stated.finishedAt };
  const operation = betterTimes(known, copy);
  const { finishedAt, expiresAt } = operation;
  if (finishedAt === undefined || expiresAt === undefined) return undefined;
  const outputs = Outputs.parse(operation.outputs);
  const { backupSizeBytes: sizeBytes } = outputs;
  const { itemCount = outputs.backupItemCount, ...counts } = countsOf(copy);
  const lastSeenAt = copy === undefined ? stated.observedAt : copy.lastSeenAt;
  if (itemCount === 0) return undefined;
  return {
    id: operation.id,
    operationId: operation.id,
    organizationId: operation.organizationId,
    clusterId: operation.clusterId,
    ...(applicationInstanceId !== undefined && { applicationInstanceId }),
    ...(scheduleId !== undefined && { scheduleId }),
    namespace: operation.namespace,
    target: operation.target,
    backupName: outputs.backupName ?? operation.name,
    storageLocation: copy?.storageLocation ?? outputs.storageLocation ?? storageLocationOf(operation),
    startedAt: operation.startedAt ?? operation.createdAt,
    finishedAt,
    expiresAt,
    collectedBy: new Date(Date.parse(expiresAt) + collectionMs).toISOString(),
    ttl,
    ...(ttlSource !== undefined && { ttlSource }),
    partial: isPartial(operation.conditions) || copy?.phase === 'PartiallyFailed',
    ...(itemCount !== undefined && { itemCount }),
    ...(sizeBytes !== undefined && { sizeBytes }),
    ...counts,
    knownFrom: copy === undefined ? 'Operator' : 'Velero',
    ...(lastSeenAt !== undefined && { lastSeenAt }),
    ...(copy?.goneAt !== undefined && { goneAt: copy.goneAt }),
    ...(operation.resourceGoneAt !== undefined && { resourceGoneAt: operation.resourceGoneAt }),
  };
}

/** Whether the engine could not process everything. */
function isPartial(conditions: readonly Condition[]): boolean {
  return conditions.some(({ type, status }) => type === 'Degraded' && status === 'True');
}

/** The storage location of the parameters, else the operator's default. */
function storageLocationOf({ parameters }: Operation): string {
  return typeof parameters.storageLocation === 'string' ? parameters.storageLocation : 'default';
}
