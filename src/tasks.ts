/** Every piece of background work, in one table. Each subject declares its own; here they are put together. */

import { accessTasks } from './core/access/tasks.ts';
import { agentsTasks } from './core/agents/tasks.ts';
import { clocksTasks } from './core/clocks/tasks.ts';
import { clustersTasks } from './core/clusters/tasks.ts';
import { deliveryTasks } from './core/delivery/tasks.ts';
import type { Task } from './core/kernel/task.ts';
import { observationTasks } from './core/observation/tasks.ts';
import { operationsTasks } from './core/operations/tasks.ts';
import { protectionTasks } from './core/protection/tasks.ts';
import { schedulingTasks } from './core/scheduling/tasks.ts';
import { tidyingTasks } from './core/tidying/tasks.ts';
import { veleroTasks } from './core/velero/tasks.ts';
import { lateAfterSeconds } from './core/watchdog/rules/findings.ts';
import { watchdogTasks } from './core/watchdog/tasks.ts';

const table = [
  ...accessTasks,
  ...clustersTasks,
  ...operationsTasks,
  ...veleroTasks,
  ...tidyingTasks,
  ...schedulingTasks,
  ...protectionTasks,
  ...deliveryTasks,
  ...observationTasks,
  ...agentsTasks,
  ...watchdogTasks,
  ...clocksTasks,
] as const;

export type TaskName = (typeof table)[number]['name'];

/** What all of them need together. */
export type TaskContext = (typeof table)[number]['run'] extends (context: infer Context) => unknown ? Context : never;

/** From the end of a round until the record has it. */
const reportingSeconds = 10;

export const tasks: readonly Task<TaskContext>[] = checked(table);

/**
 * Throws for two tasks of one name: they would share their metrics and their row of the record. Throws for a time-out
 * that is too long for the period: a task whose rounds are slow and succeed would be reported by the watchdog.
 */
export function checked<T extends Omit<Task<never>, 'run'>>(given: readonly T[]): readonly T[] {
  const names = new Set<string>();
  for (const { name, everySeconds, timeoutSeconds } of given) {
    if (names.has(name)) throw new Error(`Two tasks have the name ${name}: give one of them another.`);
    names.add(name);
    if (everySeconds + timeoutSeconds + reportingSeconds > lateAfterSeconds(everySeconds))
      throw new Error(`The task ${name} may take ${timeoutSeconds} s, which is too long for its period.`);
  }
  return given;
}
