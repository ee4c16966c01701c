/** Everything that the API may touch, and what it is told at its start. context.ts hands both in. */
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { AgentRecord } from '../../core/agents/agent-events.ts';
import type { ClusterChecks, ClusterFigures } from '../../core/clusters/ports.ts';
import type { ClusterApi, ClusterDirectory, KubeconfigReader } from '../../core/delivery/ports.ts';
import type { Clock, Doorbell, Store, Vault } from '../../core/kernel/ports.ts';
import type { Invariants, Protections, RecoveryPoints } from '../../core/scheduling/ports.ts';
import type { Rate } from '../agents/rate.ts';

export interface HttpPorts {
  readonly store: Store;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly doorbell: Doorbell;
  readonly recoveryPoints: RecoveryPoints;
  readonly protections: Protections;
  readonly invariants: Invariants;
  readonly directory: ClusterDirectory;
  readonly clusterChecks: ClusterChecks;
  readonly clusterFigures: ClusterFigures;
  readonly clusterApi: ClusterApi;
  readonly agents: AgentRecord;
  /** How often the agent of one cluster may post. */
  readonly agentRate?: Rate | undefined;
  readonly readKubeconfig: KubeconfigReader;
  /** The parts that this replica needs to serve, and whether each is well. Anybody may read it: no addresses in it. */
  ready(): Promise<readonly Readiness[]>;
  /** In Prometheus' text format. */
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
  /** True from the signal to stop until the end: /readyz fails and connections are not kept. */
  draining(): boolean;
}

export interface Readiness {
  readonly name: string;
  readonly ok: boolean;
  readonly detail?: string;
}

export interface HttpOptions {
  /** Redacts by itself; no body and no credential is given to it. */
  readonly logger: FastifyBaseLogger;
  /** Whose X-Forwarded-* headers are believed. Default: nobody's. */
  readonly trustProxy?: boolean | string;
}

/** A Fastify instance whose routes are typed by their zod schemas. */
export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;
