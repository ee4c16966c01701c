/**
 * Reads Velero's Backups, Restores and storage locations. There may be thousands of them, so only what is recorded is
 * kept of each, and texts are cut. A field that does not fit is left out and is never an error.
 */

import { z } from 'zod';
import { clip } from '../../../core/kernel/rules/condition.ts';
import { ObservedInstant } from '../../../core/kernel/rules/observed-conditions.ts';
import type { ObservedVelero, VeleroKind } from '../../../core/velero/rules/velero-resource.ts';
import type { FollowedKind, SeenResource } from '../resource.ts';

const maxNamespaceCount = 20;
const maxErrorCount = 10;
const maxTextLength = 512;

const Word = z.string().min(1).max(253).optional().catch(undefined);
/** Of whatever length it is stated. */
const Words = z
  .string()
  .min(1)
  .transform((text) => clip(text, maxTextLength))
  .optional()
  .catch(undefined);
const Count = z.int().min(0).max(2_147_483_647).optional().catch(undefined);
const At = ObservedInstant.transform((at) => (at === undefined ? undefined : new Date(at).toISOString()));
const Texts = (count: number) =>
  z
    .array(z.unknown())
    .transform((items) => items.slice(0, count).flatMap((item) => Words.parse(item) ?? []))
    .catch([]);
const part = <Shape extends z.ZodRawShape>(shape: Shape) => z.object(shape).optional().catch(undefined);

const labels = {
  operation: 'ops.vworkspace.io/operation',
  target: 'ops.vworkspace.io/target',
  instance: 'app.vworkspace.io/application-instance',
  schedule: 'velero.io/schedule-name',
} as const;

const Resource = z.object({
  metadata: z.object({
    creationTimestamp: At,
    deletionTimestamp: At,
    labels: part({ [labels.operation]: Word, [labels.target]: Word, [labels.instance]: Word, [labels.schedule]: Word }),
  }),
  spec: part({ includedNamespaces: Texts(maxNamespaceCount), storageLocation: Word, backupName: Word }),
  status: part({
    phase: z.string().max(64).optional().catch(undefined),
    startTimestamp: At,
    completionTimestamp: At,
    expiration: At,
    progress: part({ totalItems: Count, itemsBackedUp: Count, itemsRestored: Count }),
    warnings: Count,
    errors: Count,
    queuePosition: Count,
    failureReason: Words,
    validationErrors: Texts(maxErrorCount),
  }),
});

function observedAs(kind: VeleroKind) {
  return (object: unknown, { name, namespace, uid, deleted }: SeenResource): ObservedVelero | undefined => {
    const { data } = Resource.safeParse(object);
    if (data === undefined) return undefined;
    const { metadata, spec, status } = data;
    const identity = { kind, name, namespace, uid, deleted };
    if (kind === 'BackupStorageLocation') {
      const phase = status?.phase === 'Available' ? 'Available' : 'Unavailable';
      return { ...identity, phase, namespaces: [], validationErrors: [] };
    }
    const stated = {
      operationUid: metadata.labels?.[labels.operation],
      target: metadata.labels?.[labels.target] ?? metadata.labels?.[labels.instance],
      veleroSchedule: metadata.labels?.[labels.schedule],
      backupName: spec?.backupName,
      storageLocation: kind === 'Backup' ? (spec?.storageLocation ?? 'default') : undefined,
      createdAt: metadata.creationTimestamp,
      startedAt: status?.startTimestamp,
      completedAt: status?.completionTimestamp,
      expiresAt: status?.expiration,
      totalItems: status?.progress?.totalItems,
      itemsDone: status?.progress?.itemsBackedUp ?? status?.progress?.itemsRestored,
      warningCount: status?.warnings,
      errorCount: status?.errors,
      queuePosition: status?.phase === 'Queued' ? status.queuePosition : undefined,
      failureReason: status?.failureReason,
      deletingSince: metadata.deletionTimestamp,
    };
    return {
      ...identity,
      ...stated,
      phase: status?.phase || 'New',
      namespaces: spec?.includedNamespaces?.filter((each) => each !== '*') ?? [],
      validationErrors: status?.validationErrors ?? [],
    };
  };
}

const kindOf = (resource: FollowedKind<ObservedVelero>['resource'], kind: VeleroKind) => ({
  kind,
  resource,
  groupVersion: 'velero.io/v1',
  observed: observedAs(kind),
});

/** Without the first of them nothing of Velero is followed. */
export const veleroKinds = [
  kindOf('backups', 'Backup'),
  kindOf('restores', 'Restore'),
  kindOf('backupstoragelocations', 'BackupStorageLocation'),
] as const satisfies readonly (FollowedKind<ObservedVelero> & { readonly kind: VeleroKind })[];
