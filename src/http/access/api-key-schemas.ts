/** API keys as the document has them: with the list of scopes from the catalogue. */
import { z } from 'zod';
import { NewApiKey as AskedApiKey, ApiKey as StoredApiKey } from '../../core/access/rules/access.ts';
import { scopes } from '../../core/catalogue.ts';

const Scope = z.enum(scopes).meta({
  id: 'Scope',
  description:
    'What a key may do. platform:admin may do everything, also for other organizations: create them, their keys, and the shared application classes.',
});

export const ApiKey = StoredApiKey.extend({ scopes: z.array(Scope) }).meta({
  id: 'ApiKey',
  description: 'An API key, without its secret: only a hash of that is stored.',
});

export const NewApiKey = AskedApiKey.extend({ scopes: z.array(Scope).min(1).max(scopes.length) }).meta({
  id: 'NewApiKey',
  description: 'A key to create.',
});

const isKnown = (scope: string): scope is z.infer<typeof Scope> => Scope.safeParse(scope).success;

/** The key with the scopes that this version knows: a newer version may have given others. */
export function shownApiKey(key: StoredApiKey): z.infer<typeof ApiKey> {
  return { ...key, scopes: key.scopes.filter(isKnown) };
}
