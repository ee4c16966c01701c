/** What others have done in a life, as far as the rules have to know. */
import type { ObjectStorage } from '../../../simulator/index.ts';
import type { Life } from './scene.ts';

export interface Doings {
  /** The webhook is registered. */
  isChecked: boolean;
  /** Since when the storage location is Available again, in milliseconds; absent while it is not. */
  availableSince: number | undefined;
  /** Names of Operations that were deleted with kubectl. */
  readonly deleted: Set<string>;
  /** Names of copies that others took from the bucket or put back there, and when that was last, in milliseconds. */
  readonly moved: Map<string, number>;
  /** What was taken from the bucket, by name. */
  readonly taken: Map<string, NonNullable<ReturnType<ObjectStorage['get']>>>;
}

export function nothingDone(isChecked: boolean): Doings {
  return { isChecked, availableSince: 0, deleted: new Set(), moved: new Map(), taken: new Map() };
}

/** How often it is done, and what. `n` is random. */
export type Doing = readonly [weight: number, does: (life: Life, n: number, doings: Doings) => unknown];
