/** What is seen of a resource in a cluster, and an Operation as it is known when that is folded in. */

import type { NewEvent } from '../../kernel/rules/event.ts';
import type { ObservedStatus } from './observed-status.ts';
import type { Operation } from './operation.ts';

export interface Observation {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  /** The resource is gone from the cluster. */
  readonly deleted: boolean;
  readonly status: ObservedStatus;
  /** Absent for what was found missing from a list. */
  readonly source?: 'Listed' | 'Watched' | 'Posted';
  readonly resourceVersion?: string | undefined;
  readonly generation?: number | undefined;
  readonly createdAt?: string | undefined;
  /** The annotation that joins a resource of ours with our record. */
  readonly operationId?: string | undefined;
  readonly spec?: ObservedSpec | undefined;
  /** Who wrote the spec, by the resource's managed fields; at most sixteen. */
  readonly managers?: readonly ObservedManager[];
}

/** What a resource asks for. What is larger than it may be is left out. */
export interface ObservedSpec {
  readonly type?: string | undefined;
  readonly engine?: string | undefined;
  /** The name in targetRef. */
  readonly target?: string | undefined;
  readonly parameters?: Readonly<Record<string, unknown>> | undefined;
}

export interface ObservedManager {
  readonly manager: string;
  readonly operation?: 'Apply' | 'Update' | undefined;
  readonly at?: string | undefined;
  /** Type or target are its own: it made the resource, or applied it as a whole. */
  readonly ownsTarget?: boolean;
}

/** An Operation with the version of its resource that was folded in last. */
export type KnownOperation = Operation & { readonly observedVersion?: string };

export interface Observed {
  readonly operation: KnownOperation;
  readonly changed: boolean;
  readonly events: readonly NewEvent[];
  /** The resource lives although the Operation has ended without it: it must go. */
  readonly owed?: 'Delete';
}
