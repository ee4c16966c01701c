/** Schedules with the outcome of their Operations, as the API shows them; and how many schedules fail, as a metric. */
import type { ScheduleOutcomesOf } from './ports.ts';
import type { Schedule } from './rules/schedule.ts';

interface OutcomePorts {
  readonly scheduleOutcomes: ScheduleOutcomesOf;
}

/** `withOutcome` of all of them, with one statement. */
export async function withOutcomes(
  { scheduleOutcomes }: OutcomePorts,
  schedules: readonly Schedule[],
): Promise<Schedule[]> {
  const outcomes = await scheduleOutcomes.of(schedules.map(({ id }) => id));
  return schedules.map((schedule) => ({ ...schedule, failuresInARow: 0, ...outcomes.get(schedule.id) }));
}

export async function withOutcome(ports: OutcomePorts, schedule: Schedule): Promise<Schedule> {
  const [shown = schedule] = await withOutcomes(ports, [schedule]);
  return shown;
}

export interface CountFailingPorts extends OutcomePorts {
  /** Takes how many schedules that fire ended their last Operation without a copy. */
  readonly failing: (count: number) => void;
}

export async function countFailingSchedules({ scheduleOutcomes, failing }: CountFailingPorts): Promise<number> {
  const count = await scheduleOutcomes.failingCount();
  failing(count);
  return count;
}
