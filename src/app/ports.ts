/**
 * Everything outside that a use case may touch, on one page. The adapters implement it (postgres, bullmq, kubernetes),
 * context.ts hands it out. A use case names the ports that it needs in its first parameter; it sees nothing else.
 *
 * Nothing here does HTTP inside a transaction: `ClusterApi` is called between transactions, never within.
 */
import type { ApiKey, Organization } from '../domain/access.ts';
import type { ApplicationClass, ApplicationInstance, RetentionOverride } from '../domain/application.ts';
import type { BlackoutWindow } from '../domain/blackout.ts';
import type { Cluster, ClusterAccess, Discovery } from '../domain/cluster.ts';
import type { Page, PageQuery } from '../domain/common.ts';
import type { Attempt, ClusterAnswer, ClusterFailure, DeliveryStep } from '../domain/delivery.ts';
import type { Event, NewEvent } from '../domain/event.ts';
import type { Fire } from '../domain/fire.ts';
import type { Manifest } from '../domain/manifest.ts';
import type { Observation, Observed } from '../domain/observe.ts';
import type { DeliveryAction, Operation } from '../domain/operation.ts';
import type { DueSchedule, FirePlan, Surroundings } from '../domain/plan.ts';
import type { PlanSteps } from '../domain/plan-schedules.ts';
import type { ProtectionFacts } from '../domain/protection.ts';
import type { News, Told } from '../domain/protection-news.ts';
import type { StoredProtectionPlan } from '../domain/protection-plan.ts';
import type { RecoveryPoint } from '../domain/recovery-point.ts';
import type { Retention } from '../domain/retention.ts';
import type { Schedule } from '../domain/schedule.ts';
import type { Found } from '../domain/watchdog.ts';

/** The time that rules go by: the database's, so that replicas agree; tests set it. ISO 8601 in UTC. */
export interface Clock {
  now(): Promise<string>;
}

/** Randomness and secrets. */
export interface Vault {
  /** A UUIDv7. */
  newId(): string;
  newApiKey(): { readonly secret: string; readonly hint: string; readonly hash: string };
  /** SHA-256, hex. */
  hashOf(text: string): string;
}

/** Rows of one kind. Everything is scoped by organization: another one's row is not found. */
export interface Rows<Row> {
  find(organizationId: string, id: string): Promise<Row | undefined>;
  /** `find`, and nobody else changes the row until the transaction ends. */
  lock(organizationId: string, id: string): Promise<Row | undefined>;
  /** Throws the Refusal `already-exists` when a unique name is taken. */
  insert(row: Row): Promise<void>;
  /** Writes `row` if the stored revision is still `row.revision`, and raises it; else throws `stale-revision`. */
  update(row: Row): Promise<Row>;
  /** Throws the Refusal `in-use` when something refers to it. */
  remove(organizationId: string, id: string): Promise<void>;
  page(organizationId: string, query: PageQuery): Promise<Page<Row>>;
}

/** One database transaction, or the database itself when several statements need not be one. */
export interface Tables {
  readonly organizations: Rows<Organization>;
  readonly apiKeys: Rows<ApiKey> & { insertHashed(key: ApiKey, hash: string): Promise<void> };
  /** Application classes belong to no organization: the organization given is not looked at. */
  readonly applicationClasses: Rows<ApplicationClass>;
  readonly overrides: {
    find(organizationId: string, applicationClassId: string): Promise<RetentionOverride | undefined>;
    put(
      organizationId: string,
      applicationClassId: string,
      retention: Retention,
      now: string,
    ): Promise<RetentionOverride>;
    remove(organizationId: string, applicationClassId: string): Promise<void>;
  };
  readonly clusters: Rows<Cluster>;
  readonly credentials: { put(cluster: Pick<Cluster, 'id' | 'organizationId'>, access: ClusterAccess): Promise<void> };
  readonly applicationInstances: Rows<ApplicationInstance>;
  readonly schedules: Rows<Schedule> & {
    /** Whether there is or was one: a removed schedule keeps its ledger. */
    existed(organizationId: string, id: string): Promise<boolean>;
  };
  readonly operations: Rows<Operation> & {
    insertOwed(operation: Operation, owed: DeliveryAction): Promise<void>;
    /** `lock`, with what is owed to the cluster. */
    lockOwed(organizationId: string, id: string): Promise<LockedOperation | undefined>;
    updateOwed(operation: Operation, owed: DeliveryAction | undefined): Promise<Operation>;
  };
  readonly fires: {
    page(scheduleId: string, query: FireQuery): Promise<Page<Fire>>;
    /** Adds rows; one takes the place of the row of a slot that waits. */
    append(fires: readonly Fire[]): Promise<void>;
    /** Puts rows in the place of one. */
    replace(id: string, fires: readonly Fire[]): Promise<void>;
  };
  readonly blackoutWindows: Rows<BlackoutWindow>;
  readonly protectionPlans: ProtectionPlans;
  readonly events: {
    append(events: readonly NewEvent[]): Promise<void>;
    ofOperation(operationId: string, query: PageQuery): Promise<Page<Event>>;
    ofApplicationInstance(applicationInstanceId: string, query: PageQuery): Promise<Page<Event>>;
  };
}

/** Whoever changes what a plan makes locks the plan, then applications, then schedules: so nobody waits in a circle. */
export interface ProtectionPlans extends Rows<StoredProtectionPlan> {
  findNamed(organizationId: string, name: string): Promise<StoredProtectionPlan | undefined>;
  /** One application, locked, but not against fires. */
  lockInstance(organizationId: string, id: string): Promise<ApplicationInstance | undefined>;
  /** The applications that the plan is applied to, locked as well. */
  lockApplied(organizationId: string, planId: string): Promise<readonly ApplicationInstance[]>;
  /** All schedules of these applications, locked. */
  lockSchedules(applicationInstanceIds: readonly string[]): Promise<readonly Schedule[]>;
  /** Writes what plans decide of schedules, with their slots, in a few statements, and raises revisions. */
  write(steps: PlanSteps, now: string): Promise<void>;
}

/** `from` and `to` bound the slots, both included; of a range, any of its slots. */
export interface FireQuery extends PageQuery {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

export interface LockedOperation {
  readonly operation: Operation;
  readonly owed: DeliveryAction | undefined;
  /** How often a call to the cluster was begun. */
  readonly attempts: number;
  /** A call may be under way right now. */
  readonly leased: boolean;
}

export interface Transaction extends Tables {
  /** Runs once the transaction has committed. For doorbells only: what it does may be lost. */
  afterCommit(effect: () => void): void;
  readonly idempotency: IdempotencyKeys;
}

/** A stored answer to a request that carried an Idempotency-Key. */
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

export interface Store {
  readonly tables: Tables;
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /** The key with this hash, unless it is revoked or expired. */
  findApiKey(hash: string): Promise<ApiKey | undefined>;
  /** Fails when the database cannot be reached. */
  ping(): Promise<void>;
}

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

/** The hot path to a cluster. A claim is a lease: who does not record within it has lost it, and writes nothing. */
export interface Deliveries {
  /** Clusters to which something is owed now. */
  dueClusters(now: string): Promise<readonly string[]>;
  claim(clusterId: string, now: string, limit: number, leaseSeconds: number): Promise<readonly Claim[]>;
  /**
   * Records what the cluster answered, for the claims whose lease still holds; says how many did. `decide` sees each
   * Operation as it is by then: a cancel or an observation may have come while the call was under way.
   */
  record(
    answers: readonly { readonly claim: Claim; readonly answer: ClusterAnswer }[],
    decide: (attempt: Attempt, answer: ClusterAnswer) => DeliveryStep,
  ): Promise<number>;
}
export interface Claim extends Attempt {
  readonly leaseId: string;
}

/** The hot path from a cluster. */
export interface Observations {
  /** Locks the Operations of this cluster that are named, folds each, and writes what changed in one batch. */
  ingest(
    clusterId: string,
    observations: readonly Observation[],
    fold: (operation: Operation, observation: Observation) => Observed,
  ): Promise<{ readonly changedCount: number }>;
  /** Operations that the cluster should have: delivered, not ended, and delivered before `before`. */
  expected(clusterId: string, before: string): Promise<readonly { name: string; namespace: string; uid: string }[]>;
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

/** What the connector knows of a cluster: its row, and how to reach it. */
export interface ClusterTarget {
  readonly cluster: Cluster;
  readonly access: ClusterAccess;
}
export interface ClusterDirectory {
  target(clusterId: string): Promise<ClusterTarget | undefined>;
  /** All clusters, with the revision of their credentials: it changes when they do. */
  list(): Promise<readonly { id: string; credentialsRevision: number }[]>;
  /** Sets conditions and, when given, what was found out; raises no revision. Says which conditions changed status. */
  report(clusterId: string, report: ClusterReport): Promise<readonly string[]>;
}
export interface ClusterReport {
  readonly conditions: readonly {
    type: string;
    status: 'True' | 'False' | 'Unknown';
    reason: string;
    message: string;
  }[];
  readonly discovery?: Discovery;
  readonly contact: boolean;
  readonly now: string;
}

/** The clusters themselves. Every call ends within 15 s; nothing throws for what a cluster or the network does. */
export interface ClusterApi {
  /** Server-side apply with our field manager, not forced. With `metadata.uid` it never creates. */
  apply(target: ClusterTarget, manifest: Manifest): Promise<ClusterAnswer>;
  /** Deletes the resource, only with this uid when one is given. */
  remove(
    target: ClusterTarget,
    resource: { name: string; namespace: string; uid?: string | undefined },
  ): Promise<ClusterAnswer>;
  /** Asks for version, CRD and permissions. `now` dates the answer. */
  discover(target: ClusterTarget, now: string): Promise<{ discovery: Discovery; failure?: ClusterFailure }>;
  /** Lists, then watches, until `signal`; comes back to the list whenever the watch cannot go on. Never rejects. */
  watch(target: ClusterTarget, watcher: Watcher, signal: AbortSignal): Promise<void>;
}
export interface Watcher {
  /** What was seen, in order. The watch goes on when it resolves; when it rejects the watch starts again with a list. */
  seen(observations: readonly Observation[]): Promise<void>;
  /** A list is complete: every Operation that the cluster had when it began, by `namespace/name`. */
  listed(present: ReadonlySet<string>, beganAt: string): Promise<void>;
  state(state: WatchState): Promise<void>;
}
export type WatchState =
  | { readonly kind: 'Watching' }
  | { readonly kind: 'Interrupted'; readonly failure: ClusterFailure };

/** Reads a kubeconfig into what is needed of it; throws the Refusal `rule-violated` for what may not be in it. */
export type KubeconfigReader = (text: string) => ClusterAccess;

/** Wakes the connector for these clusters. Lossy on purpose: a sweep each second finds what a lost ring leaves. */
export interface Doorbell {
  ring(clusterIds: readonly string[]): void;
}

export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  debug(fields: object, message: string): void;
}
