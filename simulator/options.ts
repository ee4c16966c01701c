// What a simulated cluster can be told and asked from code.

import type { Fault } from './fault-kinds.ts';
import type { ObjectStorage } from './object-storage.ts';
import type { Rule } from './rbac.ts';
import type { LoggedRequest } from './requests.ts';
import type { ServerTls } from './tls.ts';
import type { Vocabulary } from './vocabulary.ts';

export interface ClusterOptions {
  readonly name?: string;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** 1 is about 20 seconds a backup; 200 is about 100 milliseconds. */
  readonly speed?: number;
  readonly vocabulary?: Vocabulary;
  /** A Restore without a claim waits, Blocked with AwaitingApproval. Default false. */
  readonly requireRestoreApproval?: boolean;
  /**
   * When a finished Operation whose Velero resource is gone is run again: at each look, the default, so at every resync,
   * or only when it was blocked and gets free.
   */
  readonly runsAgain?: 'looked-at' | 'unblocked';
  /**
   * Whether the operator's webhook is registered. Default true. False is the chart's default: nothing is checked at
   * admission, and conflicts and missing claims show as Pending, Blocked.
   */
  readonly webhooks?: boolean;
  readonly approvalSecret?: string;
  /** Port of the plain-HTTP control endpoint on loopback, 0 for any; absent or false for none. */
  readonly controlPort?: number | false;
  /** Share one between clusters of a process: see `makeTls`. */
  readonly tls?: ServerTls;
  /** gitVersion of /version, such as 'v1.34.2'. */
  readonly version?: string;
  /** Restricts the service account to these namespaces: no cluster-wide list or watch. */
  readonly namespaces?: readonly string[];
  /** Default 0.0.13. Before 0.0.7 it accepts only the few parameters that it knew then. */
  readonly operatorVersion?: string;
  /** Further rights of the service account, such as reading storage locations. */
  readonly grants?: readonly Rule[];
  /** Grants what discovery reads: all of Velero, snapshot and storage classes, namespaces. Default false. */
  readonly discovery?: boolean;
  /** Grants of these only Velero's backups, restores and storage locations. Default false. */
  readonly readsVelero?: boolean;
  /** How many Backups Velero works on beside each other. Default 1. */
  readonly backupsAtOnce?: number;
  /** The buckets; by default its own. Clusters that are given the same one share them. */
  readonly objectStorage?: ObjectStorage;
  /** Velero's storage locations; by default `default` and `aws-primary`, both Available. */
  readonly storageLocations?: readonly StorageLocation[];
  /** Offers HTTP/2 beside HTTP/1.1, as an API server does. Default true. */
  readonly http2?: boolean;
  /** The operator posts its events there, beside being watched. Absent: it does not. */
  readonly events?: EventsOptions;
  /** How often watches that allow bookmarks get one. Default 60. */
  readonly bookmarkSeconds?: number;
}

/** Where the operator tells its events, and how often. */
export interface EventsOptions {
  /** Of the control plane; `/api/agent/events` is added. */
  readonly url: string;
  /** Of the agent. */
  readonly token: string;
  /** Default 60. */
  readonly heartbeatSeconds?: number;
  /** A batch of at most 100 each so often; default 1000. */
  readonly batchMs?: number;
}

export interface EventCounts {
  /** Taken by the control plane. */
  readonly posted: number;
  /** Lost because more than 1,000 waited. */
  readonly dropped: number;
  readonly waiting: number;
}

export interface StorageLocation {
  readonly name: string;
  readonly default?: boolean;
  /** Default Available; '' is a location that Velero has not looked at yet. */
  readonly phase?: 'Available' | 'Unavailable' | '';
}

export interface ForeignCopy {
  /** Default `default`. */
  readonly storageLocation?: string;
  /** The namespace that it is of; default `org-elsewhere`. */
  readonly namespace?: string;
  /** RFC 3339; default 30 days from now. */
  readonly expiration?: string;
}

export interface SimulatedCluster {
  readonly name: string;
  readonly url: string;
  readonly caPem: string;
  /** Of the restricted service account. */
  readonly token: string;
  readonly adminToken: string;
  /** YAML, service account, everything inline. */
  readonly kubeconfig: string;
  readonly adminKubeconfig: string;
  readonly controlUrl: string | undefined;
  /** Carries both gate labels unless labels are given. */
  addNamespace(
    name: string,
    options?: { readonly labels?: Record<string, string>; readonly annotations?: Record<string, string> },
  ): void;
  /** Terminating at once; gone when its objects are. */
  deleteNamespace(name: string): void;
  /** Ready, and declaring backup and restore by velero unless annotations are given. */
  addApplicationInstance(
    namespace: string,
    name: string,
    options?: { readonly annotations?: Record<string, string> },
  ): void;
  /** The stored object by plural resource name. Never change what is answered. */
  get(resource: string, namespace: string | undefined, name: string): unknown | undefined;
  list(resource: string, namespace?: string): readonly unknown[];
  /** Creates or replaces an object with the rights of the system, status included. */
  put(resource: string, object: object): unknown;
  readonly requests: {
    readonly total: number;
    byVerb(): Record<string, number>;
    /** The last 2,000. */
    readonly log: readonly LoggedRequest[];
  };
  grant(rule: Rule): { clear(): void };
  /** Roles in these namespaces alone, no cluster-wide list or watch; undefined gives the cluster back. */
  restrictTo(namespaces: readonly string[] | undefined): void;
  /** Another token of the service account; `expiresAt` in milliseconds since the epoch. */
  issueToken(expiresAt?: number): string;
  revokeToken(token: string): void;
  expireToken(token: string, expiresAt: number): void;
  /** Begins to post events, instead of where they were posted before; undefined ends it. */
  postEvents(options: EventsOptions | undefined): void;
  readonly eventCounts: EventCounts;
  inject(fault: Fault): { clear(): void };
  faults(): readonly (Fault & { readonly id: number })[];
  clearFaults(): void;
  /** Forgets the history: older resourceVersions are gone for watches and continued lists. */
  compact(): void;
  /**
   * Restarts the API server on an older state: what the last so many revisions wrote never was, and resourceVersions
   * that clients have seen are ahead of the cluster. Object storage keeps what it has.
   */
  rewind(revisions: number): Promise<void>;
  /** Names of the copies in the buckets, sorted. */
  copies(): readonly string[];
  /** Removes a copy from the bucket, as a lifecycle rule does: its resource goes within a minute. */
  removeCopy(name: string): void;
  /** Puts a finished Backup of another cluster into the bucket: its resource comes within a minute. */
  addCopy(name: string, options?: ForeignCopy): void;
  /** Whether Velero finds the location Available. What is not there yet is made. */
  setStorageLocation(name: string, phase: 'Available' | 'Unavailable'): void;
  /** Registers the operator's webhook, or takes it away. */
  setWebhooks(registered: boolean): void;
  /** Ends the operator's process: nothing moves, and with its webhook registered no Operation can be written. */
  stopOperator(): void;
  /** It looks at every Operation, the finished ones too. Within 2 s at speed 1. */
  startOperator(): void;
  restartOperator(): void;
  /** All connections end, and the operator looks at every Operation. */
  restartApiServer(): Promise<void>;
  /**
   * Moves the clock and all that waits for it ahead: work, bookmarks and time-outs of watches, expiry of claims, tokens
   * and faults, the operator's resync each 10 h. Everything happens in its order and at its own time. What is scaled by
   * `speed` stays so: take speed 1 to move through weeks.
   */
  advance(milliseconds: number): Promise<void>;
  /** Removes the CRD and all its objects, as deleting a CRD does. */
  removeCrd(plural: string): void;
  restoreCrd(plural: string): void;
  /** Connections are refused until `start`; state and port stay. */
  stop(): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}
