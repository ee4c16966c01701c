/** Makes ids (UUIDv7) and secrets (256 random bits) for the domain. Only the hash of a secret is stored. */
import { createHash, randomBytes } from 'node:crypto';
import { v7 } from 'uuid';
import type { Vault } from '../../core/kernel/ports.ts';

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export const vault: Vault = {
  newId: (at) => v7(at === undefined ? undefined : { msecs: Date.parse(at) }),
  newApiKey() {
    const secret = `vwb_${randomBytes(32).toString('base64url')}`;
    return { secret, hint: secret.slice(0, 8), hash: hashOf(secret) };
  },
  newAgentToken() {
    const secret = `vwksp-agt-${randomBytes(32).toString('base64url')}`;
    return { secret, hash: hashOf(secret) };
  },
  hashOf,
};
