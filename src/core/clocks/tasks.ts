/** The work by which processes know how their clocks stand to each other. */
import type { Task } from '../kernel/task.ts';
import { type BringForwardPorts, bringForward } from './bring-forward.ts';
import type { ClockGuard } from './clock-guard.ts';
import type { WitnessClock } from './ports.ts';

interface ComparePorts {
  readonly clockGuard: Pick<ClockGuard, 'compare'>;
  /** Clocks that this process can read beside its own and the database's. */
  readonly witnessClocks: readonly WitnessClock[];
  /** How many milliseconds this machine's clock is ahead of the database's. */
  readonly skewed: (milliseconds: number) => void;
}

async function compareClocks({ clockGuard, witnessClocks, skewed }: ComparePorts): Promise<number> {
  skewed(await clockGuard.compare(witnessClocks));
  return 0;
}

const often = { everySeconds: 5, timeoutSeconds: 10, run: compareClocks } as const;

export const clocksTasks = [
  { name: 'compare-clocks', role: 'scheduler', ...often },
  { name: 'report-clocks', role: 'connector', ...often },
  {
    name: 'bring-forward',
    role: 'scheduler',
    everySeconds: 30,
    timeoutSeconds: 40,
    dependsOnTime: true,
    run: bringForward,
  },
] as const satisfies readonly Task<ComparePorts & BringForwardPorts>[];
