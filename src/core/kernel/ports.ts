/**
 * What every subject may be given: the clock, secrets, the doorbell, the log, and the record. A subject declares its own
 * tables and ports in its ports.ts; the adapters implement them, and context.ts hands them out. A use case names what it
 * needs in its first parameter and sees nothing else.
 */
import type { Event, NewEvent } from './rules/event.ts';
import type { Page, PageQuery } from './rules/page.ts';

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

/** What a use case may do beside its tables while a transaction runs. */
export interface Committing {
  /** Runs once the transaction has committed. For doorbells only: what it does may be lost. */
  afterCommit(effect: () => void): void;
}

/** The record: the tables that a caller needs, by themselves or within one transaction. */
export interface Store<Tables> {
  readonly tables: Tables;
  /** The work runs again when another transaction got in its way, so it has no effect but on its tables. */
  transaction<T>(work: (tx: Tables & Committing) => Promise<T>): Promise<T>;
}

export interface EventsTable {
  readonly events: {
    append(events: readonly NewEvent[]): Promise<void>;
    ofOperation(operationId: string, query: PageQuery): Promise<Page<Event>>;
    /** Of the cluster itself, not of what happens in it. */
    ofCluster(clusterId: string, query: PageQuery): Promise<Page<Event>>;
    ofApplicationInstance(applicationInstanceId: string, query: PageQuery): Promise<Page<Event>>;
  };
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
