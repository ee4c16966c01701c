/**
 * What every use case may touch: the record, the clock, secrets and the doorbell. scheduler-ports.ts and
 * connector-ports.ts are for those two roles. The adapters implement them, context.ts hands them out. A use case names the
 * ports that it needs in its first parameter; it sees nothing else.
 */
import type { ApiKey, Organization } from '../access/rules/access.ts';
import type { AgentTokens } from '../agents/agent-token.ts';
import type { ApplicationClass, ApplicationInstance, RetentionOverride } from '../applications/rules/application.ts';
import type { Retention } from '../applications/rules/retention.ts';
import type { Cluster, ClusterAccess } from '../clusters/rules/cluster.ts';
import type { ClusterApplications } from '../observation/ports.ts';
import type { DeliveryAction, Operation } from '../operations/rules/operation.ts';
import type { PlanSteps } from '../protection-plans/rules/in-step.ts';
import type { StoredProtectionPlan } from '../protection-plans/rules/protection-plan.ts';
import type { BlackoutWindow } from '../scheduling/rules/blackout.ts';
import type { Fire } from '../scheduling/rules/ledger.ts';
import type { RemovedSchedule, Schedule } from '../scheduling/rules/schedule.ts';
import type { Event, NewEvent } from './rules/event.ts';
import type { Page, PageQuery } from './rules/shapes.ts';

/** The time that rules go by: the database's, so that replicas agree; tests set it. ISO 8601 in UTC. */
export interface Clock {
  now(): Promise<string>;
}

/** Randomness and secrets. */
export interface Vault {
  /** A UUIDv7; of the instant `at` for what was made earlier, so that it sorts there. */
  newId(at?: string): string;
  newApiKey(): { readonly secret: string; readonly hint: string; readonly hash: string };
  /** 256 random bits. */
  newAgentToken(): { readonly secret: string; readonly hash: string };
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
  applicationClassNamed(name: string): Promise<ApplicationClass | undefined>;
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
  readonly agentTokens: AgentTokens;
  readonly credentials: { put(cluster: Pick<Cluster, 'id' | 'organizationId'>, access: ClusterAccess): Promise<void> };
  readonly applicationInstances: Rows<ApplicationInstance>;
  readonly clusterApplications: ClusterApplications;
  readonly schedules: Rows<Schedule> & {
    /** Whether there is or was one: a removed schedule keeps its ledger. */
    existed(organizationId: string, id: string): Promise<boolean>;
    /** What is left of what it made. */
    made(id: string, now: string): Promise<Pick<RemovedSchedule, 'copyCount' | 'lastCopyExpiresAt' | 'inFlightCount'>>;
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
    /** Of the cluster itself, not of what happens in it. */
    ofCluster(clusterId: string, query: PageQuery): Promise<Page<Event>>;
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
  /** The clusters and the classes of these applications, each once. */
  surroundingsOf(instances: readonly ApplicationInstance[]): Promise<{
    readonly clusters: readonly Cluster[];
    readonly applicationClasses: readonly ApplicationClass[];
  }>;
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
  /** Applies of which nobody knows what they did; one is under way while it is leased. */
  readonly unanswered: number;
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
