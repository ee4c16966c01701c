/** How background work does, as metrics: rounds, failures, durations and the last success of each task. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { TaskMetrics } from '../core/kernel/task.ts';

export function taskMetrics(registry: Registry): TaskMetrics {
  const labelNames: 'task'[] = ['task'];
  const shared = { labelNames, registers: [registry] };
  const runs = new Counter({
    name: 'backups_task_runs_total',
    help: 'Rounds of a task that have ended, or run out of time.',
    ...shared,
  });
  const failures = new Counter({
    name: 'backups_task_failures_total',
    help: 'Rounds of a task that failed or ran out of time.',
    ...shared,
  });
  const duration = new Histogram({
    name: 'backups_task_seconds',
    help: 'How long a round of a task took.',
    buckets: [0.005, 0.025, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60],
    ...shared,
  });
  const lastSuccess = new Gauge({
    name: 'backups_task_last_success_timestamp_seconds',
    help: "When a round of a task last succeeded in this process, by this machine's clock.",
    ...shared,
  });
  return {
    began(task) {
      runs.inc({ task }, 0);
      failures.inc({ task }, 0);
    },
    ran(task, seconds, succeeded) {
      runs.inc({ task });
      duration.observe({ task }, seconds);
      if (succeeded) lastSuccess.set({ task }, Date.now() / 1000);
      else failures.inc({ task });
    },
  };
}
