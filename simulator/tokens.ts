// Bearer tokens: which user a token names, until it expires or is revoked. An unknown, expired or revoked token is a
// 401; no token at all is the anonymous user, who may see only versions and health.

import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from './clock.ts';
import type { User } from './rbac.ts';
import { unauthorized } from './status.ts';

const ANONYMOUS: User = { name: 'system:anonymous', groups: ['system:unauthenticated'], rules: () => [] };
export const ANONYMOUS_PATHS = ['/healthz', '/livez', '/readyz', '/version', '/version/'];

interface Held {
  readonly user: User;
  expiresAt: number;
}

export const newToken = (): string => `sim-${randomBytes(24).toString('base64url')}`;

const digest = (token: string): string => createHash('sha256').update(token).digest('hex');

export class Tokens {
  readonly #held = new Map<string, Held>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(token: string, user: User, expiresAt = Number.POSITIVE_INFINITY): void {
    this.#held.set(digest(token), { user, expiresAt });
  }
  revoke(token: string): void {
    this.#held.delete(digest(token));
  }
  /** From the instant (milliseconds since the epoch) on, the token is refused. */
  expire(token: string, expiresAt: number): void {
    const held = this.#held.get(digest(token));
    if (held !== undefined) held.expiresAt = expiresAt;
  }
  /** Throws the 401 of a token that is not valid now. */
  userOf(authorization: string | undefined): User {
    const match = /^Bearer\s+(\S+)\s*$/i.exec(authorization ?? '');
    if (match === null) return ANONYMOUS;
    const held = this.#held.get(digest(match[1] ?? ''));
    if (held === undefined || held.expiresAt <= this.#clock.now()) throw unauthorized();
    return held.user;
  }
}
