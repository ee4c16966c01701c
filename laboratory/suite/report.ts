/** What a run says at its end: each case at each place, and where the places differ, in plain words. */
import type { Facts } from './case.ts';

export interface Outcome {
  readonly guarantee: string;
  readonly place: string;
  readonly seconds: number;
  readonly facts?: Facts;
  /** Why the guarantee does not hold. */
  readonly failure?: string;
}

export function told({ guarantee, place, seconds, failure }: Outcome): string {
  const line = `  ${failure === undefined ? 'ok    ' : 'FAILED'} ${place.padEnd(9)} ${seconds.toFixed(1).padStart(6)} s  ${guarantee}`;
  return failure === undefined ? line : `${line}\n         ${failure.replaceAll('\n', '\n         ')}`;
}

/** A paragraph for each fact that the places do not share. */
export function differences(outcomes: readonly Outcome[]): readonly string[] {
  const byGuarantee = Map.groupBy(outcomes, ({ guarantee }) => guarantee);
  return [...byGuarantee].flatMap(([guarantee, at]) => {
    const real = at.find(({ place }) => place === 'real')?.facts;
    const simulated = at.find(({ place }) => place === 'simulated')?.facts;
    if (real === undefined || simulated === undefined) return [];
    const names = new Set([...Object.keys(real), ...Object.keys(simulated)]);
    const different = [...names].filter((name) => real[name] !== simulated[name]);
    if (different.length === 0) return [];
    const rows = different.map(
      (name) => `    ${name}\n      real       ${real[name] ?? '-'}\n      simulated  ${simulated[name] ?? '-'}`,
    );
    return [`  ${guarantee}\n${rows.join('\n')}`];
  });
}
