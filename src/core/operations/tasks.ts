/** The work that the subject of Operations does by itself. */
import type { Task } from '../kernel/task.ts';
import { applyDeadlines, type DeadlinePorts } from './deadlines.ts';
import { type RestoreWaitPorts, tellRestoreWaits } from './restore-waits.ts';

export const operationsTasks = [
  {
    name: 'apply-deadlines',
    role: 'scheduler',
    everySeconds: 5,
    timeoutSeconds: 40,
    dependsOnTime: true,
    run: applyDeadlines,
  },
  {
    name: 'tell-restore-waits',
    role: 'scheduler',
    everySeconds: 15,
    timeoutSeconds: 40,
    dependsOnTime: true,
    run: tellRestoreWaits,
  },
] as const satisfies readonly Task<DeadlinePorts & RestoreWaitPorts>[];
