/** What protection is judged from, and the copies that can be restored. */

import type { Page, PageQuery } from '../kernel/rules/page.ts';
import type { ProtectionFacts } from './rules/protection.ts';
import type { ProtectionChange, RecordedProtection } from './rules/protection-changes.ts';
import type { RecoveryPoint } from './rules/recovery-point.ts';

/** The copies that can be restored. */
export interface RecoveryPoints {
  /** The copy that this Operation made, unless it has expired at `now`. */
  find(organizationId: string, operationId: string, now: string): Promise<RecoveryPoint | undefined>;
  /** Those that have not expired at `now`; with `where.at` those that could be restored at that instant. */
  page(organizationId: string, query: PageQuery, now: string): Promise<Page<RecoveryPoint>>;
}

/** The facts that protection is judged from, and what was told of it last. */
export interface KnownProtection {
  readonly facts: ProtectionFacts;
  readonly recorded?: RecordedProtection | undefined;
}

export interface Protections {
  /** The next applications after this id, of all organizations, in the order of their ids. */
  read(after: string | undefined, limit: number, now: string): Promise<readonly KnownProtection[]>;
  /** Remembers what was told, and appends its events, where nobody else has told since it was read; says how many. */
  record(changes: readonly ProtectionChange[]): Promise<number>;
  find(organizationId: string, applicationInstanceId: string, now: string): Promise<KnownProtection | undefined>;
  /** In the order of the severity that was told last. Applications of which nothing was told yet are not among them. */
  page(organizationId: string, query: PageQuery, now: string): Promise<Page<KnownProtection>>;
}
