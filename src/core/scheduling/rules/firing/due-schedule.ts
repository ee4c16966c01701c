/** What firing decides from: a schedule that is due, what is around it, and one look at it. */

import { z } from 'zod';
import { BackupParameters } from '../../../applications/rules/parameters.ts';
import { Retention } from '../../../applications/rules/retention.ts';
import { Id } from '../../../kernel/rules/fields.ts';
import type { BlackoutWindow } from '../blackout.ts';
import { Schedule } from '../schedule.ts';

/** Of the schedule itself; `suspend` is true when the time to resume has come: suspended schedules are not due otherwise. */
export const DueScheduleFields = Schedule.pick({
  id: true,
  organizationId: true,
  clusterId: true,
  applicationInstanceId: true,
  name: true,
  schedule: true,
  at: true,
  timeZone: true,
  startsAt: true,
  endsAt: true,
  spreadSeconds: true,
  concurrencyPolicy: true,
  startingDeadlineSeconds: true,
  missedFires: true,
  suspend: true,
  cadence: true,
  ttl: true,
  template: true,
  nextSlotAt: true,
  deferredReason: true,
});

/** What firing needs to know of a due schedule, in one row. */
export const DueSchedule = DueScheduleFields.extend({
  namespace: z.string(),
  target: z.string(),
  classRetention: Retention,
  defaultParameters: BackupParameters,
  deliveryDeadlineSeconds: z.int(),
  override: Retention.optional(),
  organizationSuspend: z.boolean(),
  clusterSuspend: z.boolean(),
  /** An Operation of this schedule that has not ended. */
  inFlightId: Id.optional(),
  /** Whether a Restore of this application is open. */
  restoring: z.boolean(),
});
export type DueSchedule = Readonly<z.infer<typeof DueSchedule>>;

/** What is around the schedules of a batch. */
export interface Surroundings {
  readonly windows: readonly BlackoutWindow[];
  /** Clusters that take only so many Operations at a time: how many more. */
  readonly room: ReadonlyMap<string, number>;
}

export interface Look {
  readonly schedule: DueSchedule;
  readonly now: string;
  /** The schedule's place in its spread. */
  readonly offsetSeconds: number;
}
