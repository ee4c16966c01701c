/**
 * Runs the delivery jobs, one at a time for each cluster, and sweeps for clusters that are owed something and for which
 * nobody rang.
 *
 * The sweep is a timer of this process and not a job. It is there for what the queue loses, so it must not fail with
 * the queue, and it needs no repair. Replicas sweep at different moments of the second; each sweep costs a query.
 *
 * BullMQ does not retry a failed job. What is owed and when to try again is a row in PostgreSQL, and a job that waits
 * in a back-off would hold off a new ring. The sweep rings again. This process's sweep passes over a cluster whose job
 * keeps failing, for up to half a minute and with jitter, so that the job does not fail every second.
 */
import type { Log } from '../core/kernel/ports.ts';
import { failureLog, messageOf } from './failure-log.ts';
import type { JobData } from './reopening-queue.ts';
import { type Repeater, repeat } from './timers.ts';

export interface Delivery {
  /** When `dueClusters` last succeeded. */
  readonly lastSweepAt: string | undefined;
  /** Whether `dueClusters` runs now. */
  readonly sweeping: boolean;
  run(data: JobData): Promise<void>;
  stop(): void;
}

export interface DeliveryOptions {
  readonly onDeliver?: ((clusterId: string) => Promise<void>) | undefined;
  readonly dueClusters?: (() => Promise<readonly string[]>) | undefined;
  readonly ring: (clusterIds: readonly string[]) => void;
  readonly log: Log;
}

const sweepMs = 1_000;
const holdLimitMs = 30_000;

export function createDelivery({ onDeliver, dueClusters, ring, log }: DeliveryOptions): Delivery {
  const running = new Set<string>();
  const rungWhileRunning = new Set<string>();
  const failures = new Map<string, { count: number; heldUntil: number }>();
  const sweepFailures = failureLog(log, { failing: 'sweep fails', working: 'sweep works again' });
  let lastSweepAt: string | undefined;
  let busy = false;
  let sweeper: Repeater | undefined;

  const failed = (clusterId: string, error: unknown) => {
    const count = (failures.get(clusterId)?.count ?? 0) + 1;
    const holdMs = Math.min(500 * 2 ** count, holdLimitMs) * (0.5 + Math.random() / 2);
    failures.set(clusterId, { count, heldUntil: performance.now() + holdMs });
    if (count === 1) log.error({ clusterId, reason: messageOf(error) }, 'delivery fails');
    else log.debug({ clusterId, reason: messageOf(error) }, 'delivery still fails');
  };

  const sweep = async () => {
    if (dueClusters === undefined) return;
    busy = true;
    try {
      const due = await dueClusters();
      lastSweepAt = new Date().toISOString();
      sweepFailures.worked();
      ring(due.filter((clusterId) => (failures.get(clusterId)?.heldUntil ?? 0) <= performance.now()));
    } catch (error) {
      sweepFailures.failed(error);
    } finally {
      busy = false;
    }
  };
  if (dueClusters !== undefined) sweeper = repeat(() => sweepMs * (0.9 + Math.random() / 5), sweep);

  return {
    get lastSweepAt() {
      return lastSweepAt;
    },
    get sweeping() {
      return busy;
    },
    async run({ clusterId }) {
      if (clusterId === undefined || onDeliver === undefined) return;
      // The queue lets one job of a cluster run at a time. After a flush it does not know of the one that runs here.
      if (running.has(clusterId)) {
        rungWhileRunning.add(clusterId);
        return;
      }
      running.add(clusterId);
      try {
        await onDeliver(clusterId);
        if (failures.delete(clusterId)) log.info({ clusterId }, 'delivery works again');
      } catch (error) {
        failed(clusterId, error);
      } finally {
        running.delete(clusterId);
        if (rungWhileRunning.delete(clusterId)) ring([clusterId]);
      }
    },
    stop: () => sweeper?.stop(),
  };
}
