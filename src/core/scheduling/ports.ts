/** The record of schedules, their ledger and blackout windows; and the hot path that fires schedules. */
import type { Rows } from '../kernel/ports.ts';
import type { Page, PageQuery } from '../kernel/rules/page.ts';
import type { Recurrence } from '../time/rules/slots.ts';
import type { BlackoutWindow } from './rules/blackout.ts';
import type { DueSchedule, Surroundings } from './rules/firing/due-schedule.ts';
import type { FiringRows } from './rules/firing/firing.ts';
import type { UnderWay } from './rules/holds.ts';
import type { Fire } from './rules/ledger.ts';
import type { RemovedSchedule, Schedule } from './rules/schedule.ts';
import type { ScheduleOutcomes } from './rules/schedule-outcome.ts';

/** The hot path of schedules: a batch is claimed, decided and written in one transaction of a few statements. */
export interface Firing {
  /**
   * Claims due schedules. `decide` is called again when a transaction begins again, and for each part of a batch that
   * cannot be written as a whole. Schedules that cannot be read, decided or written are put aside, and the others fire.
   */
  fire(
    batch: FiringBatch,
    decide: (due: readonly DueSchedule[], around: Surroundings) => FiringRows,
  ): Promise<FiredBatch>;
}

export interface FiringBatch {
  readonly now: string;
  readonly limit: number;
  /** Ids of schedules that are not claimed. */
  readonly except: readonly string[];
  /** Called once it is known how many schedules the batch has. */
  readonly claimed: (count: number) => void;
}

export interface FiredBatch {
  /** The ledger's rows, as they were decided. */
  readonly fires: readonly Fire[];
  /** Operations that were written: of a slot that has one already none is. */
  readonly operationCount: number;
  /** Clusters to which something is owed now. */
  readonly clusterIds: readonly string[];
  /** Set when so many schedules are bad that the fault is not theirs: none of them was put aside. */
  readonly failure?: { readonly error: unknown; readonly scheduleIds: readonly string[] } | undefined;
}

/** Streaks of failed Operations, acted on as the schedules' failurePolicy says: each once. */
export interface FailurePolicies {
  apply(now: string): Promise<readonly { scheduleId: string; action: 'Alert' | 'Suspend'; failureCount: number }[]>;
}

/** `from` and `to` bound the slots, both included; of a range, any of its slots. */
export interface FireQuery extends PageQuery {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** How the Operations of schedules ended. */
export interface ScheduleOutcomesOf {
  /** By schedule, for those that exist. */
  of(scheduleIds: readonly string[]): Promise<ReadonlyMap<string, ScheduleOutcomes>>;
  /** How many schedules that are not suspended ended their last Operation without a copy. */
  failingCount(): Promise<number>;
}

export interface SchedulesTable {
  readonly schedules: Rows<Schedule> & {
    /** Whether there is or was one: a removed schedule keeps its ledger. */
    existed(organizationId: string, id: string): Promise<boolean>;
    /** What is in flight around it, as far as its slots wait for it. */
    underWay(schedule: Pick<Schedule, 'id' | 'clusterId' | 'applicationInstanceId'>): Promise<UnderWay>;
    /** What is left of what it made. */
    made(id: string, now: string): Promise<Pick<RemovedSchedule, 'copyCount' | 'lastCopyExpiresAt' | 'inFlightCount'>>;
  };
}

export interface FiresTable {
  readonly fires: {
    page(scheduleId: string, query: FireQuery): Promise<Page<Fire>>;
    /** The rows that stand for slots after `now`, at most `limit`. */
    ahead(scheduleId: string, now: string, limit: number): Promise<readonly Fire[]>;
    /** Adds rows; one takes the place of the row of a slot that waits. */
    append(fires: readonly Fire[]): Promise<void>;
    /** Puts rows in the place of one. */
    replace(id: string, fires: readonly Fire[]): Promise<void>;
  };
}

/** Schedules that are enabled and have the same next slot by the same recurrence. */
export interface Recurring extends Recurrence {
  readonly nextSlotAt?: string | undefined;
  /** Whether slots of some of them are accounted for that have not come. */
  readonly isAccountedAhead: boolean;
}

export interface NextSlots {
  /** The recurrences of all schedules whose next slot, or what is accounted for, lies after `after`. */
  recurrences(after: string): Promise<readonly Recurring[]>;
  /** The schedules of these, at most `limit`. */
  schedulesOf(
    recurrences: readonly Recurring[],
    limit: number,
  ): Promise<readonly Pick<Schedule, 'id' | 'organizationId' | 'updatedAt'>[]>;
}

export interface BlackoutWindowsTable {
  readonly blackoutWindows: Rows<BlackoutWindow>;
}
