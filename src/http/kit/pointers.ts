/** JSON pointers (RFC 6901), with keys cut to a length that fits in an answer. */
const maxKeyLength = 100;

export function pointerOf(path: readonly PropertyKey[]): string {
  return path
    .map((key) => `/${String(key).slice(0, maxKeyLength).toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('');
}
