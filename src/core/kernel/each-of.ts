/** Bounded concurrency: work on many items, a few at a time. When it ends, even with an error, nothing is under way. */

/**
 * Runs `work` for each item in their order, at most `limit` at a time, and resolves when all have ended. After a
 * failure no further item is begun; when those under way have ended, it rejects with the first error.
 */
export async function eachOf<Item>(
  items: Iterable<Item>,
  limit: number,
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  const waiting = [...items].values();
  const errors: unknown[] = [];
  const worker = async () => {
    for (const item of waiting) {
      if (errors.length > 0) return;
      try {
        await work(item);
      } catch (error) {
        errors.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: limit }, worker));
  if (errors.length > 0) throw errors[0];
}
