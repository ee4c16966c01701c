/** The work that protection does by itself. */
import type { Task } from '../kernel/task.ts';
import { type ProtectPorts, protect } from './protect.ts';

export const protectionTasks = [
  { name: 'judge-protection', role: 'scheduler', everySeconds: 15, timeoutSeconds: 50, run: protect },
] as const satisfies readonly Task<ProtectPorts>[];
