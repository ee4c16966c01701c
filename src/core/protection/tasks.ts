/** The work that protection does by itself. */
import type { Task } from '../kernel/task.ts';
import { type ProtectionPorts, recordProtection } from './record-protection.ts';

export const protectionTasks = [
  {
    name: 'judge-protection',
    role: 'scheduler',
    everySeconds: 15,
    timeoutSeconds: 50,
    dependsOnTime: true,
    run: recordProtection,
  },
] as const satisfies readonly Task<ProtectionPorts>[];
