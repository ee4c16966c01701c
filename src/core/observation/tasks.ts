/** The work by which a connector holds its clusters and watches them. */
import type { Task } from '../kernel/task.ts';
import type { Watches } from './watch.ts';

interface HoldPorts {
  /** One look at how the clusters are shared; says how many moved. */
  readonly shareClusters: () => Promise<number>;
  readonly watches: Pick<Watches, 'reconcile' | 'endExpired'>;
}

export const observationTasks = [
  {
    name: 'share-clusters',
    role: 'connector',
    everySeconds: 1,
    timeoutSeconds: 10,
    run: ({ shareClusters }) => shareClusters(),
  },
  {
    name: 'reconcile-watches',
    role: 'connector',
    everySeconds: 1,
    timeoutSeconds: 20,
    run: ({ watches }) => watches.reconcile(),
  },
  {
    name: 'end-expired-watches',
    role: 'connector',
    everySeconds: 0.25,
    timeoutSeconds: 1,
    run: async ({ watches }) => watches.endExpired(),
  },
] as const satisfies readonly Task<HoldPorts>[];
