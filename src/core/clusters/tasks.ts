/** The work by which what is known of clusters stays fresh. */
import type { Task } from '../kernel/task.ts';
import { type CheckDuePorts, checkDueClusters } from './check.ts';

export const clustersTasks = [
  // A round of clusters that do not answer takes half a minute.
  { name: 'check-clusters', role: 'connector', everySeconds: 2, timeoutSeconds: 45, run: checkDueClusters },
] as const satisfies readonly Task<CheckDuePorts>[];
