/**
 * A cluster: its address, its limits, its conditions, and the results of checks. The access to it (`ClusterAccess`) is
 * kept apart, sealed with AES-256-GCM to its organization and cluster. It is opened only to call the cluster, and is
 * part of no answer.
 */
import { z } from 'zod';
import { Condition } from '../../kernel/rules/condition.ts';
import { DisplayName, Id, Instant, Revision } from '../../kernel/rules/fields.ts';
import { DnsLabel } from '../../kernel/rules/names.ts';
import { Discovery } from './discovery.ts';
import { RestoreApproval } from './restore-approval.ts';

const InFlightLimit = z
  .int()
  .min(1)
  .max(10_000)
  .describe(
    'How many scheduled Operations may be in flight in the cluster at a time, 1 to 10000. Further fires wait, and the oldest slot goes first. Default: no limit.',
  );

const Tidy = z
  .boolean()
  .describe(
    'Whether Operations of this service that have ended leave the cluster, unless the service is set not to tidy (TIDY_CLUSTERS=false): a Restore some minutes after its end, a Backup once its copy is gone. false: nothing more leaves, within ten minutes.',
  );

const VeleroNamespace = DnsLabel.describe(
  'The namespace that Velero works in. Default: where its storage locations were found, else velero.',
);

export const Cluster = z
  .object({
    id: Id,
    organizationId: Id,
    name: DnsLabel.describe(
      'Unique in the organization. Every Operation in the cluster carries it in the label app.vworkspace.io/cluster-id.',
    ),
    displayName: DisplayName.optional(),
    server: z.string().describe('The address of the API server.'),
    inFlightLimit: InFlightLimit.optional(),
    restoreApproval: RestoreApproval,
    tidy: Tidy,
    suspend: z
      .boolean()
      .describe('While true, no schedule fires for the cluster. The ledger records its slots as skipped.'),
    suspendReason: z.string().optional().describe('Why it is suspended, for people.'),
    conditions: z
      .array(Condition)
      .describe('The conditions of the cluster, at most one of each type. Later versions may add types and reasons.'),
    discovery: Discovery.optional(),
    agentTokenCreatedAt: Instant.optional().describe(
      'When the token was created that the agent of the cluster posts events with. Absent while the agent has no token.',
    ),
    lastContactAt: Instant.optional().describe(
      'When the cluster last answered a call, or the cluster or its agent last sent something.',
    ),
    lastObservedAt: Instant.optional().describe('When the cluster last reported on an Operation.'),
    throttledUntil: Instant.optional().describe(
      'The cluster asked for a pause until this time (429 or 503 with Retry-After). Until then the service applies and deletes nothing there, and checks the cluster only on request. Afterwards it makes one call before others follow. Absent: the cluster takes calls.',
    ),
    kubeSystemUid: z
      .string()
      .optional()
      .describe(
        'The uid of its namespace kube-system: which cluster it is, whatever its address. Absent when it was never read.',
      ),
    veleroNamespace: VeleroNamespace.optional(),
    copiesFrom: Instant.optional().describe(
      'Set when another cluster began to answer at this address, or when it was retired. Copies made before are not listed as recovery points any more.',
    ),
    retiredAt: Instant.optional().describe(
      'When it was retired. Nothing watches or calls it any more, its credentials are forgotten, and its name may be used again.',
    ),
    createdAt: Instant,
    updatedAt: Instant,
    revision: Revision,
  })
  .meta({ id: 'Cluster', description: 'A Kubernetes cluster that Operations are delivered to.' });
export type Cluster = z.infer<typeof Cluster>;

const Delivery = z
  .object({
    pendingCount: z.int().min(0).describe('How many Operations wait to be applied or deleted in the cluster.'),
    oldestPendingAt: Instant.optional().describe('Since when the oldest of them has waited. Absent when none waits.'),
    lagSeconds: z.number().min(0).describe('How long the oldest of them has waited, in seconds. 0 when none waits.'),
  })
  .meta({ id: 'ClusterDelivery', description: 'The deliveries that are pending for the cluster.' });

export const ClusterStatus = Cluster.extend({ delivery: Delivery }).meta({
  id: 'ClusterStatus',
  description: 'A cluster with its pending deliveries.',
});
export type ClusterStatus = z.infer<typeof ClusterStatus>;

/** The cluster with its pending deliveries, as of `now`. */
export function withDelivery(
  cluster: Cluster,
  waiting: { readonly pendingCount: number; readonly oldestPendingAt: string } | undefined,
  now: string,
): ClusterStatus {
  const { pendingCount = 0, oldestPendingAt } = waiting ?? {};
  const lagMs = oldestPendingAt === undefined ? 0 : Math.max(0, Date.parse(now) - Date.parse(oldestPendingAt));
  return {
    ...cluster,
    delivery: {
      pendingCount,
      ...(oldestPendingAt !== undefined && { oldestPendingAt }),
      lagSeconds: Math.round(lagMs / 1000),
    },
  };
}

const Server = z
  .url({ protocol: /^https$/, error: 'must be an https:// address of a Kubernetes API server' })
  .max(2048)
  .describe(
    'The https:// address of the API server, without user name, password, query and fragment. Loopback addresses and those of the service itself are refused, unless its operator allows them. Give it with `ca` and `token`, instead of `kubeconfig`.',
  );
const Pem = z
  .string()
  .min(1)
  .max(65536)
  .includes('-----BEGIN CERTIFICATE-----', { error: 'must be PEM certificates (-----BEGIN CERTIFICATE-----)' })
  .describe(
    "The certificates of the authority that signed the API server's certificate, in PEM: 1 to 50 of them (-----BEGIN CERTIFICATE-----).",
  );
const Token = z
  .string()
  .min(1)
  .max(16384)
  .regex(/^[\x21-\x7e]+$/, 'must be one line of printable characters without spaces')
  .describe('The bearer token that the API server accepts. The service stores it encrypted and never returns it.');
const Kubeconfig = z
  .string()
  .min(1)
  .max(131072)
  .describe(
    'A kubeconfig (YAML) with inline data only, at most 128 KiB, with at most some thousand entries. The service uses its current context, stores the access encrypted and never returns it. The rules for `server` hold for its server.',
  );

export const NewCluster = z
  .strictObject({
    name: DnsLabel,
    displayName: DisplayName.optional(),
    inFlightLimit: InFlightLimit.optional(),
    tidy: Tidy.optional().meta({ default: true }),
    veleroNamespace: VeleroNamespace.optional(),
    restoreApproval: RestoreApproval.optional().meta({ default: 'Auto' }),
    kubeconfig: Kubeconfig.optional(),
    server: Server.optional(),
    ca: Pem.optional(),
    token: Token.optional(),
  })
  .meta({
    id: 'NewCluster',
    description: 'A cluster to register. Give either `kubeconfig`, or `server` with `ca` and `token`.',
  });
export type NewCluster = z.infer<typeof NewCluster>;

export const ClusterChange = z
  .strictObject({
    name: DnsLabel.optional().describe(
      'Unique in the organization. Operations that are made from now on carry it in the label app.vworkspace.io/cluster-id.',
    ),
    displayName: DisplayName.optional(),
    inFlightLimit: InFlightLimit.nullable()
      .optional()
      .describe('How many scheduled Operations may be in flight in the cluster at a time, 1 to 10000. null: no limit.'),
    tidy: Tidy.optional(),
    veleroNamespace: VeleroNamespace.nullable()
      .optional()
      .describe('The namespace that Velero works in. null: where its storage locations were found, else velero.'),
    restoreApproval: RestoreApproval.optional().describe(
      'Restores that are held for it are looked at again within ten seconds.',
    ),
    kubeconfig: Kubeconfig.optional(),
    server: Server.optional(),
    ca: Pem.optional(),
    token: Token.optional(),
  })
  .meta({
    id: 'ClusterChange',
    description:
      'The fields to change. A field that is absent keeps its value. Access is replaced as a whole: give either `kubeconfig`, or `server` with `ca` and `token`.',
  });
export type ClusterChange = z.infer<typeof ClusterChange>;

/** The address and credentials of a cluster, opened. */
export const ClusterAccess = z.object({
  server: z.string(),
  ca: z.string().optional(),
  tlsServerName: z.string().optional(),
  /** True only when the installation allows it (ALLOW_INSECURE_TLS). */
  insecureSkipTlsVerify: z.boolean().optional(),
  token: z.string().optional(),
  clientCertificate: z.string().optional(),
  clientKey: z.string().optional(),
  /**
   * Whether it is refused at loopback addresses and those of the service's own servers. Absent: it was given before this
   * rule, and such an address goes on to be used.
   */
  deniesLocalAddresses: z.boolean().optional(),
});
export type ClusterAccess = z.infer<typeof ClusterAccess>;
