/** Repetition, the median and the spread: one figure of a run on a busy machine says nothing. */

export interface Figure {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
  readonly count: number;
}

export function figureOf(values: readonly number[]): Figure {
  const sorted = values.toSorted((a, b) => a - b);
  return {
    median: quantile(sorted, 0.5),
    lowest: sorted[0] ?? Number.NaN,
    highest: sorted.at(-1) ?? Number.NaN,
    count: sorted.length,
  };
}

/** Of sorted values, the smallest that is not below this share of them; the mean of the middle two for an even half. */
export function quantile(sorted: readonly number[], share: number): number {
  const at = sorted.length * share;
  const upper = sorted[Math.min(Math.floor(at), sorted.length - 1)] ?? Number.NaN;
  const lower = sorted[Math.max(Math.ceil(at) - 1, 0)] ?? Number.NaN;
  return share === 0.5 ? (lower + upper) / 2 : lower;
}

/** Runs it once unmeasured, then `times` times, each with a line of progress. `once` gives the seconds that it took. */
export async function repeated(what: string, times: number, once: () => Promise<number>, warmUps = 1): Promise<Figure> {
  const taken: number[] = [];
  for (let i = -warmUps; i < times; i += 1) {
    const seconds = await once();
    progress(`${what}: ${seconds.toFixed(3)} s${i < 0 ? ' (warming up)' : ''}`);
    if (i >= 0) taken.push(seconds);
  }
  return figureOf(taken);
}

const startedAt = performance.now();

export function progress(line: string): void {
  console.log(`  ${((performance.now() - startedAt) / 1000).toFixed(0).padStart(4)} s  ${line}`);
}

export async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return (performance.now() - begin) / 1000;
}
