/**
 * The ports that any subject may need: the clock, ids and secrets, the doorbell, the log, and the record. A subject
 * declares its own tables and ports in its ports.ts. The edges implement them, and context.ts hands them out. A use
 * case names the ports that it needs in its first parameter and can reach nothing else.
 */
import type { Event, NewEvent } from './rules/event.ts';
import type { Page, PageQuery } from './rules/page.ts';

/** The time for all rules, ISO 8601 in UTC. It is the database's, so that replicas agree. Tests set it. */
export interface Clock {
  now(): Promise<string>;
}

/** Makes ids and secrets, and hashes them. */
export interface Vault {
  /** A UUIDv7 of now, or of `at` for a resource that was made earlier, so that it sorts there. */
  newId(at?: string): string;
  newApiKey(): { readonly secret: string; readonly hint: string; readonly hash: string };
  /** 256 random bits. */
  newAgentToken(): { readonly secret: string; readonly hash: string };
  /** SHA-256, hex. */
  hashOf(text: string): string;
}

/**
 * Rows of one kind. Each call names the organization: a row of another organization is not found. A write that does not
 * fit the record ends its transaction with a Refusal: `already-exists` when a unique name is taken, `in-use` while
 * another row refers to the one that is removed, `rule-violated` for anything else.
 */
export interface Rows<Row> {
  find(organizationId: string, id: string): Promise<Row | undefined>;
  /** `find`, with the row locked: nobody else changes it until the transaction ends. */
  lock(organizationId: string, id: string): Promise<Row | undefined>;
  insert(row: Row): Promise<void>;
  /**
   * Writes `row` and raises its revision, if the stored revision is still `row.revision`. Else throws the Refusal
   * `stale-revision`.
   */
  update(row: Row): Promise<Row>;
  remove(organizationId: string, id: string): Promise<void>;
  page(organizationId: string, query: PageQuery): Promise<Page<Row>>;
}

/** The one thing beside its tables that a use case may touch in a transaction. */
export interface Committing {
  /**
   * Runs `effect` after the commit. The effect is lost when the process dies in between, so it is for doorbells only.
   */
  afterCommit(effect: () => void): void;
}

/** The record: the tables that a caller needs, outside or inside a transaction. */
export interface Store<Tables> {
  readonly tables: Tables;
  /** `work` runs again after a conflict with another transaction, so it must have no effect but on its tables. */
  transaction<T>(work: (tx: Tables & Committing) => Promise<T>): Promise<T>;
}

export interface EventsTable {
  readonly events: {
    append(events: readonly NewEvent[]): Promise<void>;
    ofOperation(operationId: string, query: PageQuery): Promise<Page<Event>>;
    /** Of the cluster itself, not of its Operations and applications. */
    ofCluster(clusterId: string, query: PageQuery): Promise<Page<Event>>;
    /** Of the schedule itself, not of its Operations. */
    ofSchedule(scheduleId: string, query: PageQuery): Promise<Page<Event>>;
    ofApplicationInstance(applicationInstanceId: string, query: PageQuery): Promise<Page<Event>>;
  };
}

/** Wakes the connector for these clusters. A ring may be lost: a sweep each second finds what is still owed. */
export interface Doorbell {
  ring(clusterIds: readonly string[]): void;
}

export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  debug(fields: object, message: string): void;
}
