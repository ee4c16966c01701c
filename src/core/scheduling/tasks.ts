/** The work that scheduling does by itself, beside the tick that fires. */
import type { Task } from '../kernel/task.ts';
import { applyFailurePolicies, type FailurePolicyPorts } from './failure-policy.ts';
import { type RepairPorts, repairNextSlots } from './next-slots.ts';
import { type CountFailingPorts, countFailingSchedules } from './outcomes.ts';

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
  {
    name: 'count-failing-schedules',
    role: 'scheduler',
    everySeconds: 30,
    timeoutSeconds: 30,
    run: countFailingSchedules,
  },
] as const satisfies readonly Task<FailurePolicyPorts & RepairPorts & CountFailingPorts>[];
