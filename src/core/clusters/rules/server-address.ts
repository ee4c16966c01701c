/**
 * The rules for the address of an API server, whichever way it is given. It is answered and logged, so it holds no
 * secret; and everything but https would send the token in clear.
 */

/** The address without a slash at its end; or the rule that it breaks, as the end of a sentence. Nothing is repeated. */
export function serverAddress(text: string): { readonly server: string } | { readonly wrong: string } {
  const url = text.length > 2048 ? null : URL.parse(text.trim());
  if (url === null) return { wrong: 'must be the https:// address of a Kubernetes API server.' };
  if (url.protocol !== 'https:')
    return { wrong: 'must start with https://; anything else would send the token in clear.' };
  if (url.username !== '' || url.password !== '') return { wrong: 'must hold no user name or password.' };
  if (/[?#]/.test(text)) return { wrong: 'must hold no query and no fragment.' };
  return { server: url.href.replace(/\/+$/, '') };
}
