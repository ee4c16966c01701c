/** The record of organizations, of their API keys, and of the answers that are kept by Idempotency-Key. */
import type { Rows } from '../kernel/ports.ts';
import type { ApiKey, Organization } from './rules/access.ts';
import type { QuotaKind, QuotaUsage } from './rules/quotas.ts';

/** The answer to an earlier request with the same Idempotency-Key. */
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
  /**
   * `InProgress` while another transaction holds the key. The end of that transaction frees the key, however it ends.
   */
  claim(scope: IdempotencyScope): Promise<'InProgress' | 'Free' | StoredAnswer>;
  store(scope: IdempotencyScope, answer: StoredAnswer): Promise<void>;
}

export interface OrganizationsTable {
  readonly organizations: Rows<Organization>;
}

export interface QuotasTable {
  readonly quotas: {
    /** Counts up to the limit. `clusterId`: the cluster that rows are added to; clusters themselves have none. */
    usage(kind: QuotaKind, organizationId: string, clusterId?: string): Promise<readonly QuotaUsage[]>;
  };
}

export interface ApiKeysTable {
  readonly apiKeys: Rows<ApiKey> & {
    insertHashed(key: ApiKey, hash: string): Promise<void>;
    /** Of any organization; also one that is revoked or expired. */
    findHashed(hash: string): Promise<ApiKey | undefined>;
    /** The valid keys with platform:admin, of all organizations. */
    administrators(now: string): Promise<readonly ApiKey[]>;
    /** Until the transaction ends nobody else does: who may administer is decided by one at a time. */
    lockAdministrators(): Promise<void>;
  };
}

/** Only within a transaction, whose end frees the keys that it has claimed. */
export interface IdempotencyTable {
  readonly idempotency: IdempotencyKeys;
}

export interface ApiKeyHolders {
  /**
   * The key with this hash, unless it is revoked or expired. `correctionMs` is added to the database's clock (0 if absent).
   */
  find(hash: string, correctionMs?: number): Promise<ApiKey | undefined>;
}
