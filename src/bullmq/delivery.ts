/**
 * The connector's side of the bell: runs a cluster's job, one at a time, and sweeps for clusters that are owed
 * something and were not rung for.
 *
 * The sweep is a timer of this process, not a job: it is there for what the queue loses, so it must not share the
 * queue's fate, and there is nothing to heal. Replicas sweep at different moments of the second; each costs a query.
 *
 * A failed job is dropped, not tried again by BullMQ: what is owed and when to try is a row in Postgres, and a job
 * that waits in a back-off would hold off a fresh ring. The sweep rings again; a cluster whose job keeps failing is
 * passed over by this process's sweep for up to half a minute, with jitter, so that it does not fail every second.
 */
import type { Log } from '../core/kernel/ports.ts';
import { failureLog, messageOf } from './failure-log.ts';
import type { JobData } from './reopening-queue.ts';
import { type Repeater, repeat } from './timers.ts';

export interface Delivery {
  /** When clusters were last looked for with success. */
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
      // The queue keeps one job a cluster, until it is flushed: then it knows nothing of the one that runs here.
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
