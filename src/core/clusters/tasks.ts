/** The work by which what is known of clusters stays fresh. */
import type { Task } from '../kernel/task.ts';
import { type RefreshPorts, refreshDiscoveries } from './look.ts';

export const clustersTasks = [
  // A round of clusters that do not answer takes half a minute.
  { name: 'look-at-clusters', role: 'connector', everySeconds: 2, timeoutSeconds: 45, run: refreshDiscoveries },
] as const satisfies readonly Task<RefreshPorts>[];
