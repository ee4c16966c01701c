/** The facts from which protection is judged, and the copies that can be restored. */

import type { Bad } from '../kernel/rules/broken/bad-rows.ts';
import type { Page, PageQuery } from '../kernel/rules/page.ts';
import type { ProtectionFacts } from './rules/protection.ts';
import type { ProtectionChange, RecordedProtection } from './rules/protection-changes.ts';
import type { RecoveryPoint } from './rules/recovery-point.ts';

export interface RecoveryPoints {
  /** The copy that this Operation made, unless it has expired at `now`. */
  find(organizationId: string, operationId: string, now: string): Promise<RecoveryPoint | undefined>;
  /** The copies that have not expired at `now`; with `where.at`, those that could be restored at that instant. */
  page(organizationId: string, query: PageQuery, now: string): Promise<Page<RecoveryPoint>>;
}

/** The facts of an application, and the status that was recorded last; absent before the first one. */
export interface KnownProtection {
  readonly facts: ProtectionFacts;
  readonly recorded?: RecordedProtection | undefined;
}

export interface Protections {
  /**
   * The next applications after the id `after`, of all organizations, in the order of their ids. Those that cannot be read
   * are put aside. `nextAfter` is absent on the last page.
   */
  read(
    after: string | undefined,
    limit: number,
    now: string,
  ): Promise<{ readonly known: readonly KnownProtection[]; readonly nextAfter: string | undefined }>;
  /** Puts aside applications, by their ids, whose protection cannot be judged. */
  putAside(bad: readonly Bad<string>[], now: string): Promise<void>;
  /**
   * Stores each changed status and appends its events in one statement. A change is left out when another process has
   * stored one since the status was read, and put aside when it cannot be stored. Returns how many were stored. The
   * applications that were judged, by their ids, are held no more.
   */
  record(changes: readonly ProtectionChange[], judgedIds: readonly string[], now: string): Promise<number>;
  find(organizationId: string, applicationInstanceId: string, now: string): Promise<KnownProtection | undefined>;
  /** In the order of the severity that was recorded last. Applications without a recorded status are left out. */
  page(organizationId: string, query: PageQuery, now: string): Promise<Page<KnownProtection>>;
}
