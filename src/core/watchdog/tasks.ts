/** The watchdog's own look, again and again. */

import type { Task } from '../kernel/task.ts';
import type { WatchdogReport } from './rules/findings.ts';

interface FindPorts {
  /** The look of this process: it logs each finding once. */
  readonly lookForFindings: () => Promise<WatchdogReport>;
  /** How many rows break which invariant. */
  readonly found: (counts: WatchdogReport['counts']) => void;
}

export const watchdogTasks = [
  {
    name: 'find-broken-invariants',
    role: 'scheduler',
    everySeconds: 30,
    timeoutSeconds: 40,
    async run({ lookForFindings, found }) {
      const { counts, findings } = await lookForFindings();
      found(counts);
      return findings.length;
    },
  },
] as const satisfies readonly Task<FindPorts>[];
