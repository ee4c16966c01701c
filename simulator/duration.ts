// Go durations, as Velero reads `ttl`: hours are the largest unit, so "30d" is an error.

const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Milliseconds, or the text of the error that Go gives. */
export function goDuration(source: string): number | string {
  const quoted = JSON.stringify(source);
  const sign = source.startsWith('-') ? -1 : 1;
  let rest = source.replace(/^[-+]/, '');
  if (rest === '0') return 0;
  if (rest === '') return `time: invalid duration ${quoted}`;
  let total = 0;
  while (rest !== '') {
    const match = /^(\d+(?:\.\d*)?|\.\d+)([^\d.]*)/.exec(rest);
    if (match === null) return `time: invalid duration ${quoted}`;
    const [all, amount = '', unit = ''] = match;
    if (unit === '') return `time: missing unit in duration ${quoted}`;
    const scale = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
    if (scale === undefined) return `time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}`;
    total += Number(amount) * scale;
    rest = rest.slice(all.length);
  }
  return sign * total;
}
