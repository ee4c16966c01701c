/** Which of two forms of an answer a client prefers (RFC 9110, section 12.5.1). */

const maxRangeCount = 50;

/** The weight of the best of `types` in an Accept header, 0 to 1. Without the header every type has weight 1. */
export function acceptedWeight(accept: string | undefined, types: readonly string[]): number {
  if (accept === undefined) return 1;
  const weights = new Map(accept.split(',', maxRangeCount).map(weightedRange));
  return Math.max(
    ...types.map((type) => {
      const ranges = [type, `${type.split('/', 1).join('')}/*`, '*/*'];
      return ranges.map((range) => weights.get(range)).find((weight) => weight !== undefined) ?? 0;
    }),
  );
}

function weightedRange(text: string): readonly [string, number] {
  const [range = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const stated = parameters
    .map((parameter) => /^q=([01](?:\.\d{0,3})?)$/.exec(parameter)?.[1])
    .find((q) => q !== undefined);
  return [range, stated === undefined ? 1 : Number(stated)];
}
