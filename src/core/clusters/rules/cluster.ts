/** A cluster: how it is reached, what it can do, and how it is doing. Its credentials are never part of it. */
import { z } from 'zod';
import { Condition } from '../../kernel/rules/condition.ts';
import { DisplayName, Id, Instant, Revision } from '../../kernel/rules/fields.ts';
import { DnsLabel } from '../../kernel/rules/names.ts';
import { Discovery } from './discovery.ts';

export { Discovery };

const InFlightLimit = z
  .int()
  .min(1)
  .max(10_000)
  .describe(
    'How many scheduled Operations may be in flight at a time; further fires wait their turn, oldest slot first. Default: no limit.',
  );

export const Cluster = z
  .object({
    id: Id,
    organizationId: Id,
    name: DnsLabel.describe('Unique in the organization; the label app.vworkspace.io/cluster-id of every Operation.'),
    displayName: DisplayName.optional(),
    server: z.string().describe("The API server's address."),
    inFlightLimit: InFlightLimit.optional(),
    suspend: z.boolean().describe('While true no schedule fires for it; the ledger accounts for the slots.'),
    suspendReason: z.string().optional(),
    conditions: z.array(Condition).describe('How the cluster is doing. Lists of reasons grow.'),
    discovery: Discovery.optional(),
    agentTokenCreatedAt: Instant.optional().describe(
      'Since when its agent has the token that it posts events with; absent: there is none.',
    ),
    lastContactAt: Instant.optional().describe('When the cluster last answered or told something.'),
    lastObservedAt: Instant.optional().describe('When it last told something of an Operation.'),
    throttledUntil: Instant.optional().describe(
      'Until when the cluster asked to be left alone (429 or 503 with Retry-After): nothing is applied, deleted or looked at there before. Once that is past, one call asks before others follow. Absent: it takes calls.',
    ),
    createdAt: Instant,
    updatedAt: Instant,
    revision: Revision,
  })
  .meta({ id: 'Cluster', description: 'A Kubernetes cluster that Operations are delivered to.' });
export type Cluster = z.infer<typeof Cluster>;

const Delivery = z
  .object({
    pendingCount: z.int().min(0).describe('How many Operations wait to be applied or deleted there.'),
    oldestPendingAt: Instant.optional().describe('Since when the oldest of them waits.'),
    lagSeconds: z.number().min(0).describe('How long that is, in seconds; 0 when nothing waits.'),
  })
  .meta({ id: 'ClusterDelivery', description: 'What is still to be delivered to the cluster.' });

export const ClusterStatus = Cluster.extend({ delivery: Delivery }).meta({
  id: 'ClusterStatus',
  description: 'A cluster, with what waits for it.',
});
export type ClusterStatus = z.infer<typeof ClusterStatus>;

/** The cluster with what waits for it, as of `now`. */
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
  .max(2048);
const Pem = z
  .string()
  .max(65536)
  .regex(
    /-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----/,
    'must be PEM certificates (-----BEGIN CERTIFICATE-----)',
  );
const Token = z
  .string()
  .min(1)
  .max(16384)
  .regex(/^[\x21-\x7e]+$/, 'must be one line of printable characters without spaces')
  .describe('Stored sealed, never returned.');
const Kubeconfig = z
  .string()
  .min(1)
  .max(131072)
  .describe('A kubeconfig (YAML) with inline data only; its current context is used. Stored sealed, never returned.');

export const NewCluster = z
  .strictObject({
    name: DnsLabel,
    displayName: DisplayName.optional(),
    inFlightLimit: InFlightLimit.optional(),
    kubeconfig: Kubeconfig.optional(),
    server: Server.optional().describe('With `ca` and `token`, instead of `kubeconfig`.'),
    ca: Pem.optional().describe("The certificates that sign the API server's, PEM."),
    token: Token.optional(),
  })
  .meta({ id: 'NewCluster', description: 'A cluster to register: either kubeconfig, or server + ca + token.' });
export type NewCluster = z.infer<typeof NewCluster>;

export const ClusterChange = z
  .strictObject({
    displayName: DisplayName.optional(),
    inFlightLimit: InFlightLimit.nullable().optional().describe('null: no limit.'),
    kubeconfig: Kubeconfig.optional(),
    server: Server.optional(),
    ca: Pem.optional(),
    token: Token.optional(),
  })
  .meta({
    id: 'ClusterChange',
    description:
      'What to change; what is absent stays. Access is replaced as a whole: kubeconfig, or server + ca + token.',
  });
export type ClusterChange = z.infer<typeof ClusterChange>;

/** How a cluster is reached. Sealed at rest; opened only to call the cluster. */
export const ClusterAccess = z.object({
  server: z.string(),
  ca: z.string().optional(),
  tlsServerName: z.string().optional(),
  /** Only ever true where the installation allows it. */
  insecureSkipTlsVerify: z.boolean().optional(),
  token: z.string().optional(),
  clientCertificate: z.string().optional(),
  clientKey: z.string().optional(),
});
export type ClusterAccess = z.infer<typeof ClusterAccess>;
