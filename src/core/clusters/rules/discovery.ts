/**
 * What was found out about a cluster, part by part. Rights differ: what may not be read, or was not answered, is Unknown
 * with the reason, and never taken for absent. A part that cannot be read again keeps what was known, with its date.
 */
import { z } from 'zod';
import { Condition } from '../../kernel/rules/condition.ts';
import { Instant } from '../../kernel/rules/fields.ts';

export const FindingStatus = z.enum(['Known', 'Absent', 'Unknown']).meta({
  id: 'FindingStatus',
  description:
    'Known: it was read. Absent: the cluster was asked and does not serve it. Unknown: it may not be read or was not answered; `problem` says why.',
});
export type FindingStatus = z.infer<typeof FindingStatus>;

const finding = {
  status: FindingStatus,
  checkedAt: Instant.optional().describe('When it was found out. Absent while Unknown.'),
  problem: z
    .string()
    .optional()
    .describe("Why it could not be read, or not read again since checkedAt, in the cluster's words."),
};
export type Finding = z.infer<z.ZodObject<typeof finding>>;

function listOf<Item extends z.ZodType>(id: string, item: Item, description: string) {
  return z
    .object({
      ...finding,
      items: z.array(item).optional().describe('At most 200. Absent while Unknown.'),
      truncated: z.boolean().optional().describe('True when there are more.'),
    })
    .meta({ id, description });
}

const CustomResource = z
  .object({
    group: z.string(),
    resource: z.string(),
    versions: z.array(z.string()).describe('The versions that the cluster serves; empty: the CRD is not installed.'),
    parameters: z
      .array(z.string())
      .optional()
      .describe('The parameters that its schema declares. Absent when it leaves them open, or cannot be read.'),
  })
  .meta({ id: 'CustomResource', description: 'A custom resource that is needed.' });

const Permission = z
  .object({
    verb: z.string(),
    group: z.string(),
    resource: z.string(),
    allowed: z
      .enum(['Yes', 'No', 'Unknown'])
      .describe('Yes: everywhere, or in `namespaces` where that is given. Unknown: it could not be asked.'),
    namespaces: z
      .array(z.string())
      .optional()
      .describe('Where it is allowed, of the namespaces with registered applications, when it is not everywhere.'),
    deniedIn: z
      .array(z.string())
      .optional()
      .describe('Namespaces with registered applications where it is not allowed.'),
  })
  .meta({ id: 'Permission', description: 'What the credential may do.' });
export type Permission = z.infer<typeof Permission>;

const GatedNamespace = z
  .object({
    name: z.string(),
    allowedTypes: z
      .array(z.string())
      .optional()
      .describe('From its annotation ops.vworkspace.io/allowed-types. Absent: all types.'),
  })
  .meta({ id: 'GatedNamespace', description: "A namespace that is open to vWorkspace's operator." });

const StorageLocation = z
  .object({
    name: z.string(),
    namespace: z.string(),
    phase: z.enum(['Available', 'Unavailable']).describe('Unavailable also while Velero has not looked at it.'),
    default: z.boolean(),
    provider: z.string().optional(),
    accessMode: z.string().optional().describe('ReadWrite or ReadOnly; a ReadOnly location takes no backups.'),
    message: z.string().optional().describe("Velero's words."),
    lastValidatedAt: Instant.optional(),
  })
  .meta({ id: 'StorageLocation', description: "Velero's BackupStorageLocation." });
export type StorageLocation = z.infer<typeof StorageLocation>;

const VolumeSnapshotClass = z
  .object({
    name: z.string(),
    driver: z.string(),
    deletionPolicy: z.string().optional(),
    default: z.boolean(),
  })
  .meta({ id: 'VolumeSnapshotClass', description: 'How volumes of a driver are snapshotted.' });

const StorageClass = z
  .object({ name: z.string(), provisioner: z.string(), default: z.boolean() })
  .meta({ id: 'StorageClass', description: 'How volumes are made.' });

const OperatorCluster = z
  .object({
    name: z.string(),
    version: z.string().optional().describe("The operator's version, where it tells one."),
    conditions: z.array(Condition),
  })
  .meta({ id: 'OperatorCluster', description: "The operator's own resource Cluster (ops.vworkspace.io)." });

const ServerVersion = z
  .object({ ...finding, version: z.string().optional().describe('For example v1.34.1.') })
  .meta({ id: 'ServerVersion', description: "The API server's version." });

const Webhook = z
  .object({
    ...finding,
    answers: z
      .boolean()
      .optional()
      .describe('Whether an Operation passes through admission: asked by a dry run, which is never persisted.'),
    message: z.string().optional().describe("The cluster's words."),
  })
  .meta({ id: 'Webhook', description: "The operator's webhook, which decides about every Operation." });

const AcceptedParameters = z
  .object({
    ...finding,
    source: z
      .enum(['DryRun', 'Schema', 'OperatorVersion'])
      .optional()
      .describe(
        "DryRun: each was tried by a dry run, which is never persisted. Schema: the resource's schema declares them. OperatorVersion: by what is known of the version.",
      ),
    backup: z.array(z.string()).optional().describe('Of a Backup, ttl and retention included. Absent: not known.'),
    restore: z.array(z.string()).optional().describe('Of a Restore. Absent: not known.'),
  })
  .meta({ id: 'AcceptedParameters', description: "The parameters that the cluster's operator accepts." });
export type AcceptedParameters = z.infer<typeof AcceptedParameters>;

export const Discovery = z
  .object({
    checkedAt: Instant.describe('When the cluster was last asked, whether it answered or not.'),
    problem: z.string().optional().describe("Why it could not be asked, in its or the network's words."),
    credentialsExpireAt: Instant.optional().describe('When the credentials expire, where they tell it.'),
    server: ServerVersion,
    customResources: listOf('CustomResources', CustomResource, 'The custom resources that are needed.'),
    permissions: listOf('Permissions', Permission, 'What the credential may do, of what is needed.'),
    namespaces: listOf('GatedNamespaces', GatedNamespace, 'The namespaces that are open to the operator.'),
    storageLocations: listOf('StorageLocations', StorageLocation, 'Where Velero can put copies.'),
    volumeSnapshotClasses: listOf('VolumeSnapshotClasses', VolumeSnapshotClass, 'How volumes are snapshotted.'),
    storageClasses: listOf('StorageClasses', StorageClass, 'How volumes are made.'),
    operator: listOf('Operators', OperatorCluster, 'What the operator tells of itself.'),
    webhook: Webhook,
    acceptedParameters: AcceptedParameters,
  })
  .meta({ id: 'Discovery', description: 'What was last found out about the cluster, each part with its date.' });
export type Discovery = z.infer<typeof Discovery>;

/** The parts that a list of which is kept when it cannot be read again. */
const parts = [
  'server',
  'customResources',
  'permissions',
  'namespaces',
  'storageLocations',
  'volumeSnapshotClasses',
  'storageClasses',
  'operator',
  'webhook',
  'acceptedParameters',
] as const satisfies readonly (keyof Discovery)[];

/** What is known now: what was found, and where that is Unknown what was known before, with its date and the problem. */
export function refreshed(known: Discovery | undefined, found: Discovery): Discovery {
  if (known === undefined) return found;
  const kept = parts.flatMap((part): [string, Finding][] => {
    const now = found[part];
    const before = known[part];
    if (now.status !== 'Unknown' || before.status === 'Unknown') return [];
    return [[part, { ...before, ...(now.problem !== undefined && { problem: now.problem }) }]];
  });
  return { ...found, ...Object.fromEntries(kept) };
}

/**
 * Whether a look that began later has been recorded already: this one was held up, perhaps with its process. What claims
 * to be of later than now was dated before the clock was put back.
 */
export function isOutdated(found: Discovery, known: Discovery | undefined, now: string): boolean {
  return known !== undefined && found.checkedAt < known.checkedAt && known.checkedAt <= now;
}

/** Nothing could be found out, for this reason. */
export function nothingFound(checkedAt: string, problem: string): Discovery {
  const unknown = { status: 'Unknown', problem } as const;
  return {
    checkedAt,
    problem,
    server: unknown,
    customResources: unknown,
    permissions: unknown,
    namespaces: unknown,
    storageLocations: unknown,
    volumeSnapshotClasses: unknown,
    storageClasses: unknown,
    operator: unknown,
    webhook: unknown,
    acceptedParameters: unknown,
  };
}
