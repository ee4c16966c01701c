/**
 * Batches that overlap: while one is being written, the next is claimed and decided. At most two are under way, so a
 * long queue of batches holds two connections.
 */

/** Runs one batch. Says by `decided` whether it is full, so that another may follow, as soon as that is known. */
export type RunBatch<Result> = (decided: (full: boolean) => void) => Promise<Result>;

/**
 * Runs batches one after the other until one is not full; returns their results in order. A batch begins once the one
 * before it is decided and the one before that has ended. A batch that fails undoes none that has begun: when they have
 * all ended, the failure of the earliest is thrown.
 */
export async function overlapBatches<Result>(run: RunBatch<Result>): Promise<readonly Result[]> {
  const batches: Promise<Result>[] = [];
  try {
    for (let full = true; full; ) {
      const decided = Promise.withResolvers<boolean>();
      const batch = run(decided.resolve);
      const notFull = () => decided.resolve(false);
      batch.then(notFull, notFull);
      batches.push(batch);
      full = await decided.promise;
      await batches.at(-2);
    }
    return await Promise.all(batches);
  } finally {
    await Promise.allSettled(batches);
  }
}
