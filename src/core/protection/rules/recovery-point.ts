/**
 * What can be restored: the copy that a Backup has made, from its end until it expires. A partial failure left a copy
 * as well; it can be restored, and says that it is partial; so did a Backup that ended here, for example past a deadline,
 * and yet succeeded in its cluster. Nothing here is stored: a recovery point is an Operation seen from its copy.
 */
import { z } from 'zod';
import { TtlSource } from '../../applications/rules/retention.ts';
import type { Condition } from '../../kernel/rules/condition.ts';
import { Ttl } from '../../kernel/rules/duration.ts';
import { Id, Instant } from '../../kernel/rules/fields.ts';
import { DnsLabel } from '../../kernel/rules/names.ts';
import type { Operation } from '../../operations/rules/operation.ts';

export const RecoveryPoint = z
  .object({
    operationId: Id.describe('The Operation that made it; the id of the recovery point.'),
    organizationId: Id,
    clusterId: Id,
    applicationInstanceId: Id.optional().describe('Absent when the application is not registered here.'),
    scheduleId: Id.optional(),
    namespace: DnsLabel,
    target: DnsLabel.describe('The ApplicationInstance that was backed up.'),
    backupName: z.string().describe('What a Restore names in `parameters.backupName`.'),
    storageLocation: z.string().describe('The BackupStorageLocation that it lies in.'),
    startedAt: Instant.describe('When the copy was begun: the state that a restore goes back to.'),
    finishedAt: Instant.describe('Of a late copy: when the cluster told of it.'),
    expiresAt: Instant.describe("An estimate: the copy's start plus ttl."),
    collectedBy: Instant.describe(
      'By when Velero has collected it: an hour after expiresAt, later only while its storage location is unavailable.',
    ),
    ttl: Ttl,
    ttlSource: TtlSource.optional(),
    partial: z
      .boolean()
      .describe(
        'true: the engine could not process everything. It can be restored, and does not count as a good copy.',
      ),
    itemCount: z.int().min(0).optional().describe('Kubernetes objects in the copy, where the cluster tells.'),
    sizeBytes: z.int().min(0).optional().describe('In bytes, where the cluster tells.'),
  })
  .meta({ id: 'RecoveryPoint', description: 'A copy that can be restored, and until when.' });
export type RecoveryPoint = z.infer<typeof RecoveryPoint>;

const collectionMs = 3_600_000;

/** Operators give counts as numbers or as decimal text; anything else tells nothing. */
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

/** The copy that the Operation has made; `undefined` when it made none. Whether that has expired is not looked at. */
export function recoveryPointOf(operation: Operation): RecoveryPoint | undefined {
  const { type, phase, ttl, ttlSource, applicationInstanceId, scheduleId, expiresAt, contradiction } = operation;
  const late = phase !== 'Succeeded' && contradiction?.phase === 'Succeeded';
  if (type !== 'Backup' || !(late || phase === 'Succeeded') || ttl === undefined) return undefined;
  const finishedAt = late ? contradiction.at : operation.finishedAt;
  if (finishedAt === undefined || expiresAt === undefined) return undefined;
  const outputs = Outputs.parse(operation.outputs);
  const { backupItemCount: itemCount, backupSizeBytes: sizeBytes } = outputs;
  return {
    operationId: operation.id,
    organizationId: operation.organizationId,
    clusterId: operation.clusterId,
    ...(applicationInstanceId !== undefined && { applicationInstanceId }),
    ...(scheduleId !== undefined && { scheduleId }),
    namespace: operation.namespace,
    target: operation.target,
    backupName: outputs.backupName ?? operation.name,
    storageLocation: outputs.storageLocation ?? storageLocationOf(operation),
    startedAt: operation.startedAt ?? operation.createdAt,
    finishedAt,
    expiresAt,
    collectedBy: new Date(Date.parse(expiresAt) + collectionMs).toISOString(),
    ttl,
    ...(ttlSource !== undefined && { ttlSource }),
    partial: isPartial(operation.conditions),
    ...(itemCount !== undefined && { itemCount }),
    ...(sizeBytes !== undefined && { sizeBytes }),
  };
}

/** Whether the engine said that it could not process everything. */
export function isPartial(conditions: readonly Condition[]): boolean {
  return conditions.some(({ type, status }) => type === 'Degraded' && status === 'True');
}

/** The operator's default where nothing was asked for. */
function storageLocationOf({ parameters }: Operation): string {
  return typeof parameters.storageLocation === 'string' ? parameters.storageLocation : 'default';
}
