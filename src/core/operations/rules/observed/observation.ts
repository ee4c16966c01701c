/** An observation of a resource in a cluster, and the Operation into which it is folded. */

import type { NewEvent } from '../../../kernel/rules/event.ts';
import type { DeletionReason, Operation } from '../operation.ts';
import type { ObservedStatus } from './observed-status.ts';

export interface Observation {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  /** True when the resource is no longer in the cluster. */
  readonly deleted: boolean;
  readonly status: ObservedStatus;
  /** Absent when the resource was found missing from a list. */
  readonly source?: 'Listed' | 'Watched' | 'Posted';
  readonly resourceVersion?: string | undefined;
  readonly generation?: number | undefined;
  readonly createdAt?: string | undefined;
  /** Since when the resource is being deleted, as the cluster states it. */
  readonly deletingSince?: string | undefined;
  /** The annotation with the id of our Operation. */
  readonly operationId?: string | undefined;
  readonly spec?: ObservedSpec | undefined;
  /** The field managers that wrote the spec, from the resource's managed fields; at most sixteen. */
  readonly managers?: readonly ObservedManager[];
}

/** The spec of a resource, as far as it is read. Values that are too large are left out. */
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
  /** It owns the type or the target: it created the resource, or applied it as a whole. */
  readonly ownsTarget?: boolean;
}

/** An Operation, with what folding keeps of the observations before. */
export type KnownOperation = Operation & {
  /** The resourceVersion that was folded in last. */
  readonly observedVersion?: string;
  /** Its end is known from single conditions only, so a whole status knows its times better. */
  readonly endIsPosted?: boolean | undefined;
  /** A number that is higher than that of every row before; absent in rows of versions that gave none. */
  readonly recordPosition?: string | undefined;
};

export interface Observed {
  readonly operation: KnownOperation;
  readonly changed: boolean;
  readonly events: readonly NewEvent[];
  /** The resource is in the cluster although the Operation has ended without it, so it is to be deleted. */
  readonly owed?: DeletionReason;
}
