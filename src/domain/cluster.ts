/** A cluster: how it is reached, what it can do, and how it is doing. Its credentials are never part of it. */
import { z } from 'zod';
import { DisplayName, Id, Instant, Revision } from './common.ts';
import { Condition } from './condition.ts';
import { DnsLabel } from './names.ts';

export const Discovery = z
  .object({
    checkedAt: Instant,
    serverVersion: z.string().optional().describe('For example v1.34.1. Absent when the cluster did not answer.'),
    operationCrd: z
      .enum(['Installed', 'Missing', 'Unknown'])
      .describe('Whether the cluster serves ops.vworkspace.io/v1alpha1 operations. Unknown: it could not be asked.'),
    permissions: z
      .array(
        z
          .object({ verb: z.string(), resource: z.string(), allowed: z.enum(['Yes', 'No', 'Unknown']) })
          .meta({ id: 'Permission', description: 'What the credential may do.' }),
      )
      .describe('What the credential may do, of what is needed.'),
    problem: z.string().optional().describe("Why the cluster could not be asked, in its or the network's words."),
  })
  .meta({ id: 'Discovery', description: 'What was last found out about the cluster.' });
export type Discovery = z.infer<typeof Discovery>;

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
    conditions: z.array(Condition).describe('Reachable, Authenticated, Watching.'),
    discovery: Discovery.optional(),
    lastContactAt: Instant.optional().describe('When the cluster last answered or told something.'),
    createdAt: Instant,
    updatedAt: Instant,
    revision: Revision,
  })
  .meta({ id: 'Cluster', description: 'A Kubernetes cluster that Operations are delivered to.' });
export type Cluster = z.infer<typeof Cluster>;

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
  token: z.string().optional(),
  clientCertificate: z.string().optional(),
  clientKey: z.string().optional(),
});
export type ClusterAccess = z.infer<typeof ClusterAccess>;
