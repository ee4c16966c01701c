/**
 * Holds the newest Operations of a list in memory until the list is complete: at most `limit`, each uid once, and at
 * most 32 MiB of them as JSON.
 */

import type { ForeignOperation } from './rules/foreign-operation.ts';

const maxHeldLength = 32 * 1024 * 1024;

export function newestOperations(limit: number) {
  let held = new Map<string, { readonly made: ForeignOperation; readonly length: number }>();
  let length = 0;

  const trim = (count: number, maxLength: number) => {
    const newestFirst = [...held].toSorted(
      ([, a], [, b]) => Date.parse(b.made.operation.createdAt) - Date.parse(a.made.operation.createdAt),
    );
    held = new Map();
    length = 0;
    for (const [key, each] of newestFirst.slice(0, count)) {
      if (length + each.length > maxLength) break;
      held.set(key, each);
      length += each.length;
    }
  };

  return {
    add(operations: readonly ForeignOperation[]) {
      for (const made of operations) {
        const key = made.operation.uid ?? made.operation.id;
        const size = JSON.stringify(made).length;
        length += size - (held.get(key)?.length ?? 0);
        held.set(key, { made, length: size });
        if (held.size >= 2 * limit || length > maxHeldLength) trim(limit, maxHeldLength / 2);
      }
    },
    /** Returns the newest first, and holds nothing afterwards. */
    take(): readonly ForeignOperation[] {
      trim(limit, maxHeldLength);
      const taken = [...held.values()].map(({ made }) => made);
      held = new Map();
      length = 0;
      return taken;
    },
  };
}
