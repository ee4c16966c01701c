/**
 * What Velero backups and restores can be told, as the operator's built-in templates accept it. The schemas are closed
 * like the operator's: a key that it would refuse is refused here, with a word on what to use instead. `ttl` is not
 * among them: it is the Operation's own field, because it is decided by more than the request.
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
      'The BackupStorageLocation that the copy goes to. Default: the cluster operator\'s, "default".',
    ),
    snapshotVolumes: z.boolean().optional().describe("Whether volumes are snapshotted. Default: Velero's."),
    snapshotClassName: DnsSubdomain.optional().describe('The VolumeSnapshotClass to use.'),
    csiSnapshotClassName: DnsSubdomain.optional().describe(
      'Accepted by the operator; no Velero field, without effect there.',
    ),
    includedResources: Resources.describe('Only these resources. Default: all.'),
    excludedResources: Resources.describe('All but these resources.'),
  })
  .meta({ id: 'BackupParameters', description: 'Parameters of a Backup by Velero.' });
export type BackupParameters = z.infer<typeof BackupParameters>;

export const RestoreParameters = z
  .strictObject({
    backupName: DnsLabel.describe('The Velero Backup to restore from: the name of the Operation that made it.'),
    namespaceMapping: z
      .record(DnsLabel, DnsLabel)
      .optional()
      .describe('From the namespace in the copy to the namespace to restore into.'),
    restorePVs: z
      .boolean()
      .optional()
      .describe("Whether volumes are restored from their snapshots. Default: Velero's."),
    existingResourcePolicy: z
      .enum(['none', 'update'])
      .optional()
      .describe('What becomes of resources that exist: left alone (none, the default) or updated.'),
    includedResources: Resources.describe('Only these resources. Default: all.'),
    excludedResources: Resources.describe('All but these resources.'),
  })
  .meta({ id: 'RestoreParameters', description: 'Parameters of a Restore by Velero.' });
export type RestoreParameters = z.infer<typeof RestoreParameters>;

/** Either kind's parameters, in one shape without alternatives, as clients' generators like it. */
export const OperationParameters = z
  .strictObject({ ...BackupParameters.shape, ...RestoreParameters.partial().shape })
  .meta({
    id: 'OperationParameters',
    description:
      'Parameters of the Operation. A Backup takes storageLocation, snapshotVolumes, snapshotClassName, csiSnapshotClassName, includedResources, excludedResources; a Restore takes backupName (required), namespaceMapping, restorePVs, existingResourcePolicy, includedResources, excludedResources.',
  });
export type OperationParameters = z.infer<typeof OperationParameters>;

/** Keys that people try because Velero, its documents or older operators know them, and what serves instead. */
export const insteadOf: Readonly<Record<string, string>> = {
  ttl: 'set `ttl` beside `parameters`, not within: it is resolved from request, schedule, organization and class',
  retention: 'the operator lets it win over `ttl`; set `ttl` beside `parameters` (whole hours, for example 720h)',
  storageClassMapping: "no operator accepts it; map storage classes with the ConfigMap in Velero's namespace",
  defaultVolumesToFsBackup: 'no operator accepts it; annotate the pods (backup.velero.io/backup-volumes)',
  hooks: 'no operator accepts it; annotate the pods (pre.hook.backup.velero.io/command)',
  labelSelector: 'no operator accepts it; narrow with includedResources and excludedResources',
  includedNamespaces: "a backup covers its application's namespace",
};

/** The parameters of an Operation of this type; a Backup's go over the defaults of its class, key by key. */
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
