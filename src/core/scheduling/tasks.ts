/** The work that scheduling does by itself, beside the tick that fires. */
import type { Task } from '../kernel/task.ts';
import { applyFailurePolicies, type FailurePolicyPorts } from './failure-policy.ts';
import { type RepairPorts, repairNextSlots } from './next-slots.ts';

export const schedulingTasks = [
  { name: 'apply-failure-policies', role: 'scheduler', everySeconds: 5, timeoutSeconds: 40, run: applyFailurePolicies },
  {
    name: 'repair-next-slots',
    role: 'scheduler',
    everySeconds: 20,
    timeoutSeconds: 50,
    dependsOnTime: true,
    run: repairNextSlots,
  },
] as const satisfies readonly Task<FailurePolicyPorts & RepairPorts>[];
