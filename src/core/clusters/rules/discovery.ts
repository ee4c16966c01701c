/**
 * The results of checks of a cluster, part by part. Credentials differ in their rights, so a part that they may not read
 * is Unknown with the reason, and so is one that was not answered. Neither counts as absent. A part that cannot be read
 * again keeps its last result, with its date.
 */
import { z } from 'zod';
import { Condition } from '../../kernel/rules/condition.ts';
import { Instant } from '../../kernel/rules/fields.ts';

const FindingStatus = z.enum(['Known', 'Absent', 'Unknown']).meta({
  id: 'FindingStatus',
  description:
    'Known: the service has read this part. Absent: the cluster answered that it does not serve it. Unknown: the credentials may not read it, or the cluster did not answer; `problem` says why.',
});

const part = {
  status: FindingStatus,
  checkedAt: Instant.optional().describe('The time of this result. Absent while Unknown.'),
  problem: z
    .string()
    .optional()
    .describe("Why this part could not be read, or not read again since `checkedAt`, in the cluster's words."),
};
export type DiscoveryPart = z.infer<z.ZodObject<typeof part>>;

function listFields<Item extends z.ZodType>(item: Item) {
  return {
    ...part,
    items: z.array(item).optional().describe('At most 200 entries. Absent while Unknown.'),
    truncated: z.boolean().optional().describe('true: the cluster has more entries than are listed here.'),
  };
}

function listOf<Item extends z.ZodType>(id: string, item: Item, description: string) {
  return z.object(listFields(item)).meta({ id, description });
}

const CustomResource = z
  .object({
    group: z.string(),
    resource: z.string(),
    versions: z
      .array(z.string())
      .describe('The versions that the cluster serves. Empty when the CRD is not installed.'),
    parameters: z
      .array(z.string())
      .optional()
      .describe(
        'The parameters that the schema of the resource declares. Absent when the schema leaves them open or cannot be read.',
      ),
  })
  .meta({ id: 'CustomResource', description: 'A custom resource that the service needs.' });

const Permission = z
  .object({
    verb: z.string(),
    group: z.string(),
    resource: z.string(),
    allowed: z
      .enum(['Yes', 'No', 'Unknown'])
      .describe(
        'Yes: in all namespaces, or in `namespaces` when that is present. Unknown: the cluster could not be asked.',
      ),
    namespaces: z
      .array(z.string())
      .optional()
      .describe('The namespaces with applications in which it is allowed, when it is not allowed in all namespaces.'),
    deniedIn: z.array(z.string()).optional().describe('The namespaces with applications in which it is not allowed.'),
  })
  .meta({ id: 'Permission', description: 'A right that the service needs, and whether the credentials have it.' });
export type Permission = z.infer<typeof Permission>;

const GatedNamespace = z
  .object({
    name: z.string(),
    allowedTypes: z
      .array(z.string())
      .optional()
      .describe(
        'The types of Operations that its annotation ops.vworkspace.io/allowed-types allows. Absent: all types.',
      ),
  })
  .meta({ id: 'GatedNamespace', description: "A namespace that is open to vWorkspace's operator." });

const GatedNamespaces = z
  .object({
    ...listFields(GatedNamespace),
    closed: z
      .array(z.string())
      .optional()
      .describe('Namespaces with applications that were read and are not open to it. Absent: none is known.'),
  })
  .meta({ id: 'GatedNamespaces', description: 'The namespaces that are open to the operator.' });

const StorageLocation = z
  .object({
    name: z.string(),
    namespace: z.string(),
    phase: z
      .enum(['Available', 'Unavailable'])
      .describe('Unavailable: Velero cannot use it, or has not validated it yet.'),
    default: z.boolean(),
    provider: z.string().optional(),
    accessMode: z.string().optional().describe('ReadWrite or ReadOnly. A ReadOnly location takes no backups.'),
    message: z.string().optional().describe("Velero's message."),
    lastValidatedAt: Instant.optional(),
  })
  .meta({ id: 'StorageLocation', description: 'A BackupStorageLocation of Velero.' });
export type StorageLocation = z.infer<typeof StorageLocation>;

const VolumeSnapshotClass = z
  .object({
    name: z.string(),
    driver: z.string(),
    deletionPolicy: z.string().optional(),
    default: z.boolean(),
  })
  .meta({
    id: 'VolumeSnapshotClass',
    description: 'A VolumeSnapshotClass: how the volumes of a driver are snapshotted.',
  });

const StorageClass = z
  .object({ name: z.string(), provisioner: z.string(), default: z.boolean() })
  .meta({ id: 'StorageClass', description: 'A StorageClass: how volumes are provisioned.' });

const OperatorCluster = z
  .object({
    name: z.string(),
    version: z.string().optional().describe("The operator's version. Absent when the operator does not state one."),
    conditions: z.array(Condition),
  })
  .meta({ id: 'OperatorCluster', description: "The operator's own resource Cluster (ops.vworkspace.io)." });

const ServerVersion = z
  .object({ ...part, version: z.string().optional().describe('For example v1.34.1.') })
  .meta({ id: 'ServerVersion', description: "The API server's version." });

const ClusterIdentity = z
  .object({ ...part, uid: z.string().optional().describe('The uid of the namespace kube-system.') })
  .meta({ id: 'ClusterIdentity', description: 'Which cluster answers at the address.' });

const Webhook = z
  .object({
    ...part,
    answers: z
      .boolean()
      .optional()
      .describe('Whether the webhook answers a dry run of an Operation. The cluster never stores a dry run.'),
    message: z.string().optional().describe('Why the webhook does not answer, in the words of the cluster.'),
  })
  .meta({
    id: 'Webhook',
    description:
      "The operator's admission webhook, which accepts or denies every Operation. Absent (the status): it is off, for a dry run passed that it has to deny.",
  });

const ApprovalOfRestores = z
  .object({
    ...part,
    demanded: z
      .boolean()
      .optional()
      .describe(
        'true: a dry run of a Restore without an approval was denied for that. false: it passed. Absent while that is not known.',
      ),
  })
  .meta({
    id: 'ApprovalOfRestores',
    description:
      'Whether the operator demands an approval of each Restore. Absent (the status): nothing checks Operations at admission, so a dry run does not tell.',
  });

const AcceptedParameters = z
  .object({
    ...part,
    source: z
      .enum(['DryRun', 'Schema', 'OperatorVersion'])
      .optional()
      .describe(
        'How the service knows. DryRun: by dry runs of Operations, which the cluster never stores. Schema: from the schema of the resource. OperatorVersion: from the version of the operator.',
      ),
    backup: z
      .array(z.string())
      .optional()
      .describe(
        'The parameters of a Backup that it accepts, including ttl and retention. Absent when they are not known.',
      ),
    restore: z
      .array(z.string())
      .optional()
      .describe('The parameters of a Restore that it accepts. Absent when they are not known.'),
  })
  .meta({ id: 'AcceptedParameters', description: "The parameters that the cluster's operator accepts." });
export type AcceptedParameters = z.infer<typeof AcceptedParameters>;

export const Discovery = z
  .object({
    checkedAt: Instant.describe('When the service last checked the cluster, whether the cluster answered or not.'),
    problem: z
      .string()
      .optional()
      .describe('Why the cluster did not answer the last check, in its own words or those of the network.'),
    credentialsExpireAt: Instant.optional().describe('When the credentials expire. Absent when they state no expiry.'),
    server: ServerVersion,
    identity: ClusterIdentity.optional().describe('Absent in results of versions before.'),
    customResources: listOf('CustomResources', CustomResource, 'The custom resources that the service needs.'),
    permissions: listOf(
      'Permissions',
      Permission,
      'The rights that the service needs, and whether the credentials have them.',
    ),
    namespaces: GatedNamespaces,
    storageLocations: listOf(
      'StorageLocations',
      StorageLocation,
      'The BackupStorageLocations of Velero: where it can store copies.',
    ),
    volumeSnapshotClasses: listOf(
      'VolumeSnapshotClasses',
      VolumeSnapshotClass,
      'The VolumeSnapshotClasses of the cluster.',
    ),
    storageClasses: listOf('StorageClasses', StorageClass, 'The StorageClasses of the cluster.'),
    operator: listOf(
      'Operators',
      OperatorCluster,
      "The operator's own resources Cluster, in which it states its version and its health.",
    ),
    webhook: Webhook,
    acceptedParameters: AcceptedParameters,
    restoreApproval: ApprovalOfRestores.optional().describe('Absent in results of versions before.'),
  })
  .meta({ id: 'Discovery', description: 'The results of checks of the cluster. Each part has its own date.' });
export type Discovery = z.infer<typeof Discovery>;

/** The parts that keep their last result when they cannot be read again. */
const parts = [
  'server',
  'identity',
  'customResources',
  'permissions',
  'namespaces',
  'storageLocations',
  'volumeSnapshotClasses',
  'storageClasses',
  'operator',
  'webhook',
  'acceptedParameters',
  'restoreApproval',
] as const satisfies readonly (keyof Discovery)[];

/** The results after a check. A part that it left Unknown keeps its last result and date, with the new problem. */
export function refreshed(known: Discovery | undefined, found: Discovery): Discovery {
  if (known === undefined) return found;
  const kept = parts.flatMap((part): [string, DiscoveryPart][] => {
    const now = found[part];
    const before = known[part];
    if (now?.status !== 'Unknown' || before === undefined || before.status === 'Unknown') return [];
    return [[part, { ...before, ...(now.problem !== undefined && { problem: now.problem }) }]];
  });
  return { ...found, ...Object.fromEntries(kept) };
}

/**
 * Whether the results of a check that began later are recorded already. This one was held up, perhaps with its process.
 * Recorded results with a date after `now` do not count: the clock was put back since.
 */
export function isOutdated(found: Discovery, known: Discovery | undefined, now: string): boolean {
  return known !== undefined && found.checkedAt < known.checkedAt && known.checkedAt <= now;
}

/** The results of a check that failed as a whole. */
export function nothingFound(checkedAt: string, problem: string): Discovery {
  const unknown = { status: 'Unknown', problem } as const;
  return {
    checkedAt,
    problem,
    server: unknown,
    identity: unknown,
    customResources: unknown,
    permissions: unknown,
    namespaces: unknown,
    storageLocations: unknown,
    volumeSnapshotClasses: unknown,
    storageClasses: unknown,
    operator: unknown,
    webhook: unknown,
    acceptedParameters: unknown,
    restoreApproval: unknown,
  };
}
