/** The work that access does by itself. */
import type { Task } from '../kernel/task.ts';

interface ForgetPorts {
  /** Forgets answers kept by Idempotency-Key for more than a day; says how many. */
  forgetAnswers(): Promise<number>;
}

export const accessTasks = [
  {
    name: 'forget-answers',
    role: 'scheduler',
    everySeconds: 3600,
    timeoutSeconds: 60,
    dependsOnTime: true,
    run: ({ forgetAnswers }) => forgetAnswers(),
  },
] as const satisfies readonly Task<ForgetPorts>[];
