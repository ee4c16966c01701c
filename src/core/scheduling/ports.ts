/** What fires schedules and judges what came of them: the hot path of emission, and the facts about copies. */
import type { Rows } from '../kernel/ports.ts';
import type { Page, PageQuery } from '../kernel/rules/page.ts';
import type { BlackoutWindow } from './rules/blackout.ts';
import type { DueSchedule, Surroundings } from './rules/due.ts';
import type { FirePlan } from './rules/firing.ts';
import type { Fire } from './rules/ledger.ts';
import type { RemovedSchedule, Schedule } from './rules/schedule.ts';

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

/** `from` and `to` bound the slots, both included; of a range, any of its slots. */
export interface FireQuery extends PageQuery {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

export interface SchedulesTable {
  readonly schedules: Rows<Schedule> & {
    /** Whether there is or was one: a removed schedule keeps its ledger. */
    existed(organizationId: string, id: string): Promise<boolean>;
    /** What is left of what it made. */
    made(id: string, now: string): Promise<Pick<RemovedSchedule, 'copyCount' | 'lastCopyExpiresAt' | 'inFlightCount'>>;
  };
}

export interface FiresTable {
  readonly fires: {
    page(scheduleId: string, query: FireQuery): Promise<Page<Fire>>;
    /** Adds rows; one takes the place of the row of a slot that waits. */
    append(fires: readonly Fire[]): Promise<void>;
    /** Puts rows in the place of one. */
    replace(id: string, fires: readonly Fire[]): Promise<void>;
  };
}

export interface BlackoutWindowsTable {
  readonly blackoutWindows: Rows<BlackoutWindow>;
}
