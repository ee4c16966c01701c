/** The record of organizations and their API keys, and the answers that are kept by Idempotency-Key. */

/** A stored answer to a request that carried an Idempotency-Key. */
import type { Rows } from '../kernel/ports.ts';
import type { ApiKey, Organization } from './rules/access.ts';

export interface StoredAnswer {
  readonly requestHash: string;
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

export interface IdempotencyScope {
  readonly organizationId: string;
  readonly apiKeyId: string;
  readonly route: string;
  readonly key: string;
}

export interface IdempotencyKeys {
  /** `InProgress` while another transaction holds the key; it is free again the moment that one ends, however it ends. */
  claim(scope: IdempotencyScope): Promise<'InProgress' | 'Free' | StoredAnswer>;
  store(scope: IdempotencyScope, answer: StoredAnswer): Promise<void>;
}

export interface OrganizationsTable {
  readonly organizations: Rows<Organization>;
}

export interface ApiKeysTable {
  readonly apiKeys: Rows<ApiKey> & { insertHashed(key: ApiKey, hash: string): Promise<void> };
}

/** Only within a transaction: who holds a key gives it back at its end. */
export interface IdempotencyTable {
  readonly idempotency: IdempotencyKeys;
}

export interface ApiKeyHolders {
  /** The key with this hash, unless it is revoked or expired. */
  find(hash: string): Promise<ApiKey | undefined>;
}
