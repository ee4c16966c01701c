/** What fires schedules and judges what came of them: the hot path of emission, and the facts about copies. */
import type { Page, PageQuery } from '../kernel/rules/shapes.ts';
import type { ProtectionFacts } from '../protection/rules/protection.ts';
import type { News, Told } from '../protection/rules/protection-news.ts';
import type { RecoveryPoint } from '../protection/rules/recovery-point.ts';
import type { Found } from '../watchdog/rules/watchdog.ts';
import type { DueSchedule, Surroundings } from './rules/due.ts';
import type { FirePlan } from './rules/firing.ts';

/** The hot path of schedules: claim, plan and write are one transaction of a few statements. */
export interface Emission {
  emit(
    now: string,
    limit: number,
    plan: (due: readonly DueSchedule[], around: Surroundings) => FirePlan,
  ): Promise<Emitted>;
}

export interface Emitted {
  readonly scheduleCount: number;
  readonly operationCount: number;
  readonly clusterIds: readonly string[];
}

/** Streaks of failed Operations, acted on as the schedules' failurePolicy says: each once. */
export interface FailurePolicies {
  apply(now: string): Promise<readonly { scheduleId: string; action: 'Alert' | 'Suspend'; failureCount: number }[]>;
}

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
  readonly told?: Told | undefined;
}

export interface Protections {
  /** The next applications after this id, of all organizations, in the order of their ids. */
  read(after: string | undefined, limit: number, now: string): Promise<readonly KnownProtection[]>;
  /** Remembers what was told, and appends its events, where nobody else has told since it was read; says how many. */
  tell(news: readonly News[]): Promise<number>;
  find(organizationId: string, applicationInstanceId: string, now: string): Promise<KnownProtection | undefined>;
  /** In the order of the severity that was told last. Applications of which nothing was told yet are not among them. */
  page(organizationId: string, query: PageQuery, now: string): Promise<Page<KnownProtection>>;
}

/** What the watchdog looks for. */
export interface Invariants {
  /** The rows that break an invariant, of each kind the oldest. */
  broken(now: string): Promise<readonly Found[]>;
}
