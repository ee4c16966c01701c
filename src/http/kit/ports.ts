/** What the server and its routes may touch. context.ts hands it in. */

import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { ApiKeyHolders, IdempotencyTable } from '../../core/access/ports.ts';
import type { Clock, Store, Vault } from '../../core/kernel/ports.ts';

/** What a resource's routes are given: the tables that their use cases touch, and the time. */
export interface RoutePorts<Tables> {
  readonly store: Store<Tables & IdempotencyTable>;
  readonly vault: Vault;
  readonly clock: Clock;
}

/** What the server itself needs, whatever its routes are. */
export interface ServerPorts {
  readonly apiKeyHolders: ApiKeyHolders;
  readonly vault: Vault;
  /** True from the signal to stop until the end: /readyz fails and connections are not kept. */
  draining(): boolean;
}

/** What `/livez`, `/readyz` and `/metrics` tell. */
export interface ServicePorts {
  /** The parts that this replica needs to serve, and whether each is well. Anybody may read it: no addresses in it. */
  ready(): Promise<readonly Readiness[]>;
  /** In Prometheus' text format. */
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
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
