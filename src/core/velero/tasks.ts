/** The work that Velero's word brings by itself. */
import type { Task } from '../kernel/task.ts';
import { confirmVanished, forgetGone, tellOperations, type VeleroTaskPorts } from './velero-work.ts';

export const veleroTasks = [
  { name: 'tell-velero-ends', role: 'scheduler', everySeconds: 5, timeoutSeconds: 40, run: tellOperations },
  {
    name: 'confirm-vanished-copies',
    role: 'scheduler',
    everySeconds: 30,
    timeoutSeconds: 40,
    dependsOnTime: true,
    run: confirmVanished,
  },
  {
    name: 'forget-gone-copies',
    role: 'scheduler',
    everySeconds: 3600,
    timeoutSeconds: 60,
    dependsOnTime: true,
    run: forgetGone,
  },
] as const satisfies readonly Task<VeleroTaskPorts>[];
