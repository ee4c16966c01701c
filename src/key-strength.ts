/** Tells keys that somebody typed from keys that a machine drew: only the latter may guard anything. */

/**
 * Whether the bytes have too little variety to be random: too few different values, too few different steps from one to
 * the next (`abcdef…`), or a shorter piece again and again. Random keys of the lengths that we ask for have at least
 * twice as many as is asked here.
 */
export function isWeak(bytes: Uint8Array, leastVariety: number): boolean {
  const steps = bytes.slice(1).map((byte, at) => byte - (bytes[at] ?? 0));
  return new Set(bytes).size < leastVariety || new Set(steps).size < leastVariety || isRepetition(bytes);
}

function isRepetition(bytes: Uint8Array): boolean {
  for (let period = 1; period <= bytes.length / 2; period += 1)
    if (bytes.subarray(period).every((byte, at) => byte === bytes[at])) return true;
  return false;
}
