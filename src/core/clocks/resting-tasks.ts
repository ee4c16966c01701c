/** Tasks that depend on the time do nothing while the clock is doubted. The doubt is reported, so they have not failed. */
import type { Task } from '../kernel/task.ts';

export function restingInDoubt<Context>(
  tasks: readonly Task<Context>[],
  mayGo: () => Promise<boolean>,
): readonly Task<Context>[] {
  return tasks.map((task) =>
    task.dependsOnTime === true
      ? { ...task, run: async (context: Context) => ((await mayGo()) ? task.run(context) : 0) }
      : task,
  );
}
