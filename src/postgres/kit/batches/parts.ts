/**
 * One batch of a work, of which a bad row holds up no other: taken as a whole while all is well, and by the ids of its
 * rows, in halves, when that fails (src/core/kernel/isolate.ts).
 */
import { type Attempt, type Isolated, isolate } from '../../../core/kernel/isolate.ts';
import { areTooMany, type Bad, throwIfTooMany } from '../../../core/kernel/rules/broken/bad-rows.ts';
import { blameOf } from './blame.ts';

/** A batch as it was taken: `count` rows, the bad ones included. */
export interface Taken<Item, Result> extends Attempt<Item, Result> {
  readonly count: number;
}

export interface Parts<Item, Result> {
  /** Takes the whole batch, in one transaction. */
  readonly whole: () => Promise<Taken<Item, Result>>;
  /** The rows that the whole batch would take: their ids are read, and nothing else of them. */
  readonly rows: () => Promise<readonly Item[]>;
  /** Takes some of them, in one transaction. */
  readonly some: (part: readonly Item[]) => Promise<Attempt<Item, Result>>;
}

export async function byParts<Item, Result>({
  whole,
  rows,
  some,
}: Parts<Item, Result>): Promise<Isolated<Item, Result>> {
  try {
    const { result, bad, count } = await whole();
    const roleFailure = areTooMany(bad.length, count) ? bad[0]?.error : undefined;
    return { results: [result], bad, ...(roleFailure !== undefined && { roleFailure }) };
  } catch (error) {
    if (blameOf(error) === 'Neither') throw error;
    const items = await rows();
    // Another batch has taken them meanwhile, and finds the bad one by itself.
    if (items.length === 0) return { results: [], bad: [] };
    return isolate(items, some, blameOf, { error });
  }
}

/** `isolate` with the blame by PostgreSQL's codes: for batches whose items are at hand. */
export function inParts<Item, Result>(
  items: readonly Item[],
  some: (part: readonly Item[]) => Promise<Attempt<Item, Result>>,
): Promise<Isolated<Item, Result>> {
  return isolate(items, some, blameOf);
}

/** Works on each item by itself, whatever becomes of the others. When too many are bad it fails, and nothing may be put aside. */
export async function eachAlone<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<unknown>,
): Promise<readonly Bad<Item>[]> {
  const bad: Bad<Item>[] = [];
  for (const item of items) {
    try {
      await work(item);
    } catch (error) {
      if (blameOf(error) !== 'Row') throw error;
      bad.push({ item, error });
    }
  }
  throwIfTooMany(bad, items.length);
  return bad;
}
