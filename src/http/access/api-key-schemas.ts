/** The schemas of API keys with the scopes of the catalogue, which core/access does not know. */
import { z } from 'zod';
import { NewApiKey as AskedApiKey, ApiKey as StoredApiKey } from '../../core/access/rules/access.ts';
import { scopes } from '../../core/catalogue.ts';

const Scope = z.enum(scopes).meta({
  id: 'Scope',
  description:
    'A right of an API key. platform:admin includes all others. It also allows creating organizations, their API keys, and the application classes that all organizations share.',
});

export const ApiKey = StoredApiKey.extend({ scopes: z.array(Scope) }).meta({
  id: 'ApiKey',
  description: 'An API key without its secret. The service stores only a hash of the secret.',
});

export const NewApiKey = AskedApiKey.extend({ scopes: z.array(Scope).min(1).max(scopes.length) }).meta({
  id: 'NewApiKey',
  description: 'An API key to create.',
});

const isKnown = (scope: string): scope is z.infer<typeof Scope> => Scope.safeParse(scope).success;

/** The key with the scopes that this version knows. A newer version may have given it others. */
export function shownApiKey(key: StoredApiKey): z.infer<typeof ApiKey> {
  return { ...key, scopes: key.scopes.filter(isKnown) };
}
