/**
 * The parameters of backups and restores by Velero, as the operator's built-in templates accept them. The schemas are
 * closed like the operator's: a key that it would refuse is refused here, with a hint at what to use instead. `ttl` is
 * none of them but a field of the Operation, because not only the request decides it.
 */
import { z } from 'zod';
import { DnsLabel, DnsSubdomain } from '../../kernel/rules/names.ts';
import { Refusal } from '../../kernel/rules/problem.ts';

const ResourceName = z
  .string()
  .max(253)
  .regex(
    /^(\*|[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*)$/,
    'must be a resource as Velero names it, such as configmaps or deployments.apps, or "*"',
  );
const Resources = z.array(ResourceName).max(200).optional();

export const BackupParameters = z
  .strictObject({
    storageLocation: DnsSubdomain.optional().describe(
      'The BackupStorageLocation that stores the copy. Default: that of the operator, "default".',
    ),
    snapshotVolumes: z
      .boolean()
      .optional()
      .describe("Whether Velero takes snapshots of volumes. Default: Velero's own."),
    snapshotClassName: DnsSubdomain.optional().describe('The VolumeSnapshotClass of the snapshots.'),
    csiSnapshotClassName: DnsSubdomain.optional().describe(
      'The operator accepts it, but Velero has no such field, so it has no effect.',
    ),
    includedResources: Resources.describe('The resources to include, as Velero names them. Default: all.'),
    excludedResources: Resources.describe('The resources to leave out, as Velero names them.'),
  })
  .meta({ id: 'BackupParameters', description: 'Parameters of a Backup by Velero.' });
export type BackupParameters = z.infer<typeof BackupParameters>;

const RestoreParameters = z
  .strictObject({
    backupName: DnsLabel.describe('The Velero Backup to restore from. It has the name of the Operation that made it.'),
    namespaceMapping: z
      .record(DnsLabel, DnsLabel)
      .optional()
      .describe('From each namespace in the copy to the namespace to restore it into.'),
    restorePVs: z
      .boolean()
      .optional()
      .describe("Whether Velero restores volumes from their snapshots. Default: Velero's own."),
    existingResourcePolicy: z
      .enum(['none', 'update'])
      .optional()
      .describe(
        'How Velero treats a resource that exists already. none: it leaves the resource alone. update: it updates the resource. When it is absent, Velero leaves the resource alone.',
      ),
    includedResources: Resources.describe('The resources to include, as Velero names them. Default: all.'),
    excludedResources: Resources.describe('The resources to leave out, as Velero names them.'),
  })
  .meta({ id: 'RestoreParameters', description: 'Parameters of a Restore by Velero.' });

/** The parameters of both types in one schema, because generators of clients cope badly with alternatives. */
export const OperationParameters = z
  .strictObject({ ...BackupParameters.shape, ...RestoreParameters.partial().shape })
  .meta({
    id: 'OperationParameters',
    description:
      'Parameters of the Operation. A Backup takes storageLocation, snapshotVolumes, snapshotClassName, csiSnapshotClassName, includedResources and excludedResources. A Restore takes backupName (required), namespaceMapping, restorePVs, existingResourcePolicy, includedResources and excludedResources.',
  });
export type OperationParameters = z.infer<typeof OperationParameters>;

/** Hints for keys that people try because Velero, its documentation or older operators know them. */
export const insteadOf: Readonly<Record<string, string>> = {
  ttl: 'set `ttl` beside `parameters`, not in it: the request, schedule, organization or class decides it',
  retention:
    'in the operator it overrides `ttl`; set `ttl` beside `parameters` instead (whole hours, for example 720h)',
  storageClassMapping: "no operator accepts it; map storage classes with the ConfigMap in Velero's namespace",
  defaultVolumesToFsBackup: 'no operator accepts it; annotate the pods (backup.velero.io/backup-volumes)',
  hooks: 'no operator accepts it; annotate the pods (pre.hook.backup.velero.io/command)',
  labelSelector: 'no operator accepts it; narrow with includedResources and excludedResources',
  includedNamespaces: 'a backup covers the namespace of its application',
};

/** The parameters of an Operation of this type. Those of a Backup override the defaults of its class, key by key. */
export function parametersOf(
  type: 'Backup' | 'Restore',
  given: OperationParameters,
  defaults: BackupParameters,
): OperationParameters {
  const known = type === 'Backup' ? BackupParameters : RestoreParameters;
  const errors = Object.keys(given)
    .filter((key) => !Object.hasOwn(known.shape, key))
    .map((key) => ({
      pointer: `/parameters/${key}`,
      detail: `is a parameter of ${type === 'Backup' ? 'Restore' : 'Backup'}, not of ${type}.`,
    }));
  if (type === 'Restore' && given.backupName === undefined) {
    errors.push({ pointer: '/parameters/backupName', detail: 'is needed: the name of the backup to restore from.' });
  }
  if (errors.length > 0) throw new Refusal('rule-violated', `The parameters do not fit a ${type}.`, { errors });
  return type === 'Backup' ? { ...defaults, ...given } : given;
}
