/** What a plan is made from: the schedules that are due, and what is around them. */

import type { BackupParameters } from '../../applications/rules/parameters.ts';
import type { Retention } from '../../applications/rules/retention.ts';
import type { Cadence } from '../../time/rules/recurrence.ts';
import type { BlackoutWindow } from './blackout.ts';
import type { FireReason } from './ledger.ts';
import type { ConcurrencyPolicy, MissedFires, ScheduleTemplate } from './schedule.ts';

/** What the plan needs to know of a due schedule, in one row. */
export interface DueSchedule {
  readonly id: string;
  readonly organizationId: string;
  readonly clusterId: string;
  readonly applicationInstanceId: string;
  readonly name: string;
  readonly schedule?: string | undefined;
  readonly at?: string | undefined;
  readonly timeZone: string;
  readonly startsAt?: string | undefined;
  readonly endsAt?: string | undefined;
  readonly spreadSeconds?: number | undefined;
  readonly concurrencyPolicy: ConcurrencyPolicy;
  readonly startingDeadlineSeconds?: number | undefined;
  readonly missedFires: MissedFires;
  /** True when the time to resume has come: suspended schedules are not due otherwise. */
  readonly suspend: boolean;
  readonly cadence: Cadence;
  readonly ttl?: string | undefined;
  readonly template: ScheduleTemplate;
  readonly nextSlotAt: string;
  readonly deferredReason?: FireReason | undefined;
  readonly namespace: string;
  readonly target: string;
  readonly classRetention: Retention;
  readonly defaultParameters: BackupParameters;
  readonly deliveryDeadlineSeconds: number;
  readonly override?: Retention | undefined;
  readonly organizationSuspend: boolean;
  readonly clusterSuspend: boolean;
  /** An Operation of this schedule that has not ended. */
  readonly inFlightId?: string | undefined;
  /** A restore of this application that has not ended. */
  readonly restoring: boolean;
}

/** What is around the schedules of a batch. */
export interface Surroundings {
  readonly windows: readonly BlackoutWindow[];
  /** Clusters that take only so many Operations at a time: how many more. */
  readonly room: ReadonlyMap<string, number>;
}
