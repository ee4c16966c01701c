/** Rows that cannot be worked on, kept apart from the others of their batch; and when there are too many of them. */
import { atOnce, type Paced } from '../paced.ts';

/** A row that fails by itself. */
export interface Bad<Item> {
  readonly item: Item;
  readonly error: unknown;
}

/** More bad rows in one batch are a failure of the work itself. */
export const maxBadCount = 20;
/** Up to so many, the bad rows may be most of a batch, or all of it. */
const fewCount = 3;

/** Whether so many bad ones of so many rows are a failure of the work itself. */
export function areTooMany(badCount: number, itemCount: number): boolean {
  return badCount > maxBadCount || (badCount > fewCount && badCount > itemCount / 2);
}

export interface Sifted<Item, Made> {
  readonly made: readonly Made[];
  readonly bad: readonly Bad<Item>[];
}

/** Throws the error of a bad row when there are too many of so many: then nothing may be put aside. */
export function throwIfTooMany(bad: readonly Bad<unknown>[], itemCount: number): void {
  if (areTooMany(bad.length, itemCount)) throw bad[0]?.error;
}

/** Makes something of each item, and keeps those apart for which `make` throws. For pure functions: nothing is undone. */
export function sift<Item, Made>(items: Iterable<Item>, make: (item: Item) => Made): Sifted<Item, Made> {
  return atOnce(sifting(items, make));
}

/** `sift` that yields after each item, for many items that belong to others. */
export function* sifting<Item, Made>(items: Iterable<Item>, make: (item: Item) => Made): Paced<Sifted<Item, Made>> {
  const made: Made[] = [];
  const bad: Bad<Item>[] = [];
  for (const item of items) {
    try {
      made.push(make(item));
    } catch (error) {
      bad.push({ item, error });
    }
    yield;
  }
  return { made, bad };
}
