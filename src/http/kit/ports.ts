/** The ports of the server and of its routes. context.ts hands them in. */

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
import type { TaskRole } from '../../core/kernel/task.ts';
import type { BudgetLimits } from '../budgets/budgets.ts';

/** The ports of a resource's routes: the tables of their use cases, ids and the time. */
export interface RoutePorts<Tables> {
  readonly store: Store<Tables & IdempotencyTable>;
  readonly vault: Vault;
  readonly clock: Clock;
}

/** The ports of the server itself. */
export interface ServerPorts {
  readonly apiKeyHolders: ApiKeyHolders;
  readonly vault: Vault;
  /** True from the signal to stop on: /readyz then fails, and answers close their connection. */
  draining(): boolean;
}

/** The ports of `/livez` and `/readyz`. */
export interface ServicePorts {
  /**
   * The parts that this replica needs to serve requests, and whether each works. Anybody may read it, so it contains no
   * addresses.
   */
  ready(): Promise<readonly Readiness[]>;
  /** The same for the work of one role; `undefined` when this process does not have it. */
  roleReady(role: TaskRole): Promise<readonly Readiness[]> | undefined;
  /** Work that this process has lost its way in, for people: a restart heals it. */
  muteWork(): string | undefined;
  draining(): boolean;
}

export interface Readiness {
  readonly name: string;
  readonly ok: boolean;
  readonly detail?: string | undefined;
  /** What it has to do can be done without this part, if not all of it. */
  readonly isDispensable?: boolean | undefined;
}

export interface HttpOptions {
  /** It redacts secrets by itself. Nobody logs bodies or credentials with it. */
  readonly logger: FastifyBaseLogger;
  /** The proxies whose X-Forwarded-* headers are trusted. Default: none. */
  readonly trustProxy?: boolean | string | string[];
  /** If absent, nothing is limited. */
  readonly budgets?: BudgetLimits;
  /** The time that budgets go by, in milliseconds from any beginning. Default: `performance.now`. */
  readonly budgetTime?: () => number;
  /** Time-outs other than the usual ones (limits.ts), in milliseconds. For tests. */
  readonly timeouts?: { readonly headersTimeoutMs: number; readonly timeoutCheckMs: number };
}

/** A Fastify instance whose routes are typed by their zod schemas. */
export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;
