/** What others did: the mirror of clusters' applications, and the Operations that somebody else made there. */
import type { ApplicationInstance } from '../applications/rules/application.ts';
import type { ApplicationState, ClusterApplication, Mirrored } from '../applications/rules/cluster-application.ts';
import type { CompleteList, Fence } from '../delivery/ports.ts';
import type { NewEvent } from '../kernel/rules/event.ts';
import type { Page, PageQuery } from '../kernel/rules/shapes.ts';
import type { ForeignOperation, OwnOperation } from './rules/foreign-operation.ts';

/** The hot path of the mirror: one transaction of a few statements for any number of applications. */
export interface ApplicationMirror {
  /** Reads the applications at these places, locked, and writes what `fold` makes of them. Says how many were written. */
  write(clusterId: string, places: Places, fold: MirrorFold, fence?: Fence): Promise<number>;
}

/** Named ones; or those that were known when a list began, and are not in it. */
export type Places =
  | { readonly at: readonly { readonly namespace: string; readonly name: string }[] }
  | { readonly missingFrom: CompleteList };

/** `known` by `namespace/name`. */
export type MirrorFold = (
  known: ReadonlyMap<string, KnownApplication>,
  organizationId: string,
) => { readonly written: readonly Mirrored[]; readonly events: readonly NewEvent[] };

/** What is mirrored at a place, what is registered there, or both. */
export interface KnownApplication {
  readonly mirrored?: Mirrored | undefined;
  readonly applicationInstanceId?: string | undefined;
}

export interface ForeignOperations {
  /** Rows of ours with one of these ids, and those on their way under one of these names. */
  own(clusterId: string, ids: readonly string[], names: readonly string[]): Promise<readonly OwnOperation[]>;
  /**
   * Records those that are not recorded yet, in one statement, each with its event and the application that is
   * registered for it; says how many. With a limit only those among the newest so many of the cluster.
   */
  record(
    clusterId: string,
    made: readonly ForeignOperation[],
    limit: number | undefined,
    fence?: Fence,
  ): Promise<number>;
}

/** The mirror as use cases read it, and what follows from an application's being registered or not. */
export interface ClusterApplications {
  find(organizationId: string, clusterId: string, id: string): Promise<ClusterApplication | undefined>;
  page(organizationId: string, clusterId: string, query: PageQuery): Promise<Page<ClusterApplication>>;
  /** What their clusters say of these application instances, by id; nothing for those that were never seen. */
  statesOf(applicationInstanceIds: readonly string[]): Promise<ReadonlyMap<string, ApplicationState>>;
  /** Joins the Operations that others made for the application with it, now that it is registered. */
  link(instance: ApplicationInstance): Promise<void>;
  /** They stay, without an application. */
  unlink(applicationInstanceId: string): Promise<void>;
  /** Forgets the Operations that others made in the cluster for applications that are not registered. */
  forget(clusterId: string): Promise<void>;
}
