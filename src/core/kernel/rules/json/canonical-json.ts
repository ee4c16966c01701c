/**
 * JSON with the keys of every object sorted: the same text for the same content, however its keys are ordered. Hashes of
 * this text are stored (requests with an Idempotency-Key), so the text of a value must never change.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}
