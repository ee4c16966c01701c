/**
 * Work on many rows in batches, of which one bad row holds up no other.
 *
 *   a batch fails because of a row        it is halved until the bad rows stand alone; all others are done
 *   because of the database or a lock     the rest goes on at half the size, and is given up after a few failures
 *   because of neither                    the error is thrown at once, because a smaller batch would fail as well
 *
 * Each part is a transaction of its own, so an error undoes its own part only. When more rows are bad than the bounds
 * say, the fault is in the work and not in the rows: then `roleFailure` is set, and nothing may be put aside.
 */
import { areTooMany, type Bad, maxBadCount } from './rules/broken/bad-rows.ts';

/** What an error is due to: a row of the batch, the database (a lock or a time-out too), or neither of them. */
export type Blame = 'Row' | 'Database' | 'Neither';
export type BlameOf = (error: unknown) => Blame;

/** What an attempt has done. It may find bad rows by itself, as `sift` does, and do the others. */
export interface Attempt<Item, Result> {
  readonly result: Result;
  readonly bad: readonly Bad<Item>[];
}

export interface Isolated<Item, Result> {
  readonly results: readonly Result[];
  readonly bad: readonly Bad<Item>[];
  /** The error of a row, when too many are bad. */
  readonly roleFailure?: unknown;
}

const maxDatabaseFailures = 3;

/**
 * Works on all items, in their order, with as few attempts as the bad ones allow. If all of them were tried at once
 * already, `failed` is how that failed. It stops early when more than `maxBadCount` are bad, and most of what it has
 * tried.
 */
export async function isolate<Item, Result>(
  items: readonly Item[],
  attempt: (part: readonly Item[]) => Promise<Attempt<Item, Result>>,
  blameOf: BlameOf,
  failed?: { readonly error: unknown },
): Promise<Isolated<Item, Result>> {
  const results: Result[] = [];
  const bad: Bad<Item>[] = [];
  let databaseFailures = 0;
  let triedCount = 0;
  let waiting: (readonly Item[])[] = items.length === 0 ? [] : [items];

  const failedWith = (part: readonly Item[], error: unknown) => {
    switch (blameOf(error)) {
      case 'Row': {
        const [first] = part;
        if (part.length > 1) waiting = [...halves(part), ...waiting];
        else if (first !== undefined) {
          triedCount += 1;
          bad.push({ item: first, error });
        }
        return;
      }
      case 'Database':
        databaseFailures += 1;
        if (databaseFailures > maxDatabaseFailures) throw error;
        waiting = [part, ...waiting].flatMap(halves);
        return;
      case 'Neither':
        throw error;
    }
  };

  if (failed !== undefined) {
    const whole = waiting.shift();
    if (whole === undefined) throw failed.error;
    failedWith(whole, failed.error);
  }
  for (let part = waiting.shift(); part !== undefined; part = waiting.shift()) {
    try {
      const done = await attempt(part);
      results.push(done.result);
      bad.push(...done.bad);
      triedCount += part.length;
      databaseFailures = 0;
    } catch (error) {
      failedWith(part, error);
    }
    if (bad.length > maxBadCount && bad.length > triedCount / 2) break;
  }
  return areTooMany(bad.length, items.length) ? { results, bad, roleFailure: bad[0]?.error } : { results, bad };
}

function halves<Item>(part: readonly Item[]): (readonly Item[])[] {
  const middle = Math.ceil(part.length / 2);
  return part.length > 1 ? [part.slice(0, middle), part.slice(middle)] : [part];
}
