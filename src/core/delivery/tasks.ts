/** The work that the subject of deliveries does by itself. Other deliveries are rung for. */
import type { Task } from '../kernel/task.ts';
import { type DeleteReturnedPorts, deleteReturned } from './delete-returned.ts';

export const deliveryTasks = [
  {
    name: 'delete-returned',
    role: 'connector',
    everySeconds: 5,
    timeoutSeconds: 40,
    dependsOnTime: true,
    run: deleteReturned,
  },
] as const satisfies readonly Task<DeleteReturnedPorts>[];
