/** The work that tidying does by itself. */
import type { Task } from '../kernel/task.ts';
import { type TidyPorts, tidyOperations } from './tidy.ts';

export const tidyingTasks = [
  {
    name: 'tidy-operations',
    role: 'scheduler',
    everySeconds: 30,
    timeoutSeconds: 40,
    dependsOnTime: true,
    run: tidyOperations,
  },
] as const satisfies readonly Task<TidyPorts>[];
