/**
 * Calls `onTick` on every whole second, whether the queue works or not.
 *
 * BullMQ's job scheduler gives one tick a second to all replicas together. A guard in each process watches the ticks
 * that this process takes. When none came for a second and a half, the guard calls `onTick` itself, on whole seconds,
 * until ticks come again. The cause may be that Redis is away or flushed, the scheduler is lost, the worker is stuck,
 * or another replica took all ticks. The guard does not ask which: `onTick` is safe to call at any time on every
 * replica, and a call too many costs one indexed query, while a wrong guess would cost backups.
 *
 * In one process no two calls overlap, but for one that hangs: it is waited for as long as any tick may take, and the
 * next call begins beside it, as one of another replica would.
 */
import type { Log } from '../core/kernel/ports.ts';
import { failureLog, messageOf } from './failure-log.ts';
import type { JobProducer, ReopeningQueue } from './reopening-queue.ts';
import { endsWithin, repeat } from './timers.ts';

export interface TickSource {
  /** When `onTick` last succeeded. */
  readonly lastTickAt: string | undefined;
  /** Takes a tick of the queue: the work of its jobs. */
  tick(): Promise<void>;
  /** Starts the guard over the queue that brings the ticks. */
  guard(queue: ReopeningQueue): void;
  /** Whether `onTick` runs now. */
  readonly busy: boolean;
  stop(): void;
}

const schedulerId = 'tick';
const missedMs = 1_400;
const reopenMs = 15_000;
/** Longer than a tick that fires thousands; short enough to fire in time beside one that hangs. */
const usualTickMs = 8_000;

export interface TickSourceOptions {
  readonly onTick: () => Promise<void>;
  readonly log: Log;
  /** How long a tick is waited for; eight seconds if not given. */
  readonly tickMs?: number;
}

/** UTC because cron-parser loops at some zones' daylight saving changes. */
export async function scheduleTicks(producer: JobProducer): Promise<void> {
  await producer.upsertJobScheduler(schedulerId, { pattern: '* * * * * *', tz: 'UTC' }, { name: 'tick', data: {} });
}

export function createTickSource({ onTick, log, tickMs = usualTickMs }: TickSourceOptions): TickSource {
  const tickFailures = failureLog(log, { failing: 'tick fails', working: 'tick works again' });
  let lastTickAt: string | undefined;
  let busy = false;
  let cameAt = performance.now();
  let wellAt = performance.now();
  let stopGuard = () => {};

  const tickOnce = async () => {
    try {
      await onTick();
      lastTickAt = new Date().toISOString();
      tickFailures.worked();
    } catch (error) {
      tickFailures.failed(error);
    }
  };

  const call = async () => {
    if (busy) return;
    busy = true;
    if (!(await endsWithin(tickMs, tickOnce()))) tickFailures.failed(new Error(`a tick hangs for ${tickMs / 1000} s`));
    busy = false;
  };

  const missed = () => performance.now() - cameAt > missedMs;

  const restoreScheduler = async (queue: ReopeningQueue) => {
    const { producer } = queue;
    if (producer === undefined) return;
    const scheduler = await producer.getJobScheduler(schedulerId);
    const aheadMs = (scheduler?.next ?? 0) - Date.now();
    if (aheadMs > -1_000 && aheadMs < 2_000) {
      // Another replica takes the ticks. Setting the scheduler again could drop the tick that is just due.
      wellAt = performance.now();
      return;
    }
    await scheduleTicks(producer);
    log.info({}, 'tick scheduler was missing or stuck: set again');
  };

  /** When nothing else has helped, the worker is stuck or a connection is half open: only reopening the queue helps. */
  const reopenIfLost = (queue: ReopeningQueue) => {
    if (performance.now() - wellAt < reopenMs) return;
    wellAt = performance.now();
    log.debug({}, 'no ticks for long: reopening their queue');
    queue.reopen();
  };

  return {
    get lastTickAt() {
      return lastTickAt;
    },
    async tick() {
      cameAt = performance.now();
      wellAt = cameAt;
      await call();
    },
    guard(queue) {
      let restoring = false;
      // While ticks come, half a second after each; while none come, on the whole second in their place.
      const next = () => (missed() ? 1_000 : 1_500) - (Date.now() % 1_000);
      const repeater = repeat(next, async () => {
        if (!missed()) return;
        if (!restoring) {
          restoring = true;
          void restoreScheduler(queue)
            .catch((error) => log.debug({ reason: messageOf(error) }, 'tick scheduler cannot be read'))
            .finally(() => {
              restoring = false;
              reopenIfLost(queue);
            });
        }
        await call();
      });
      stopGuard = () => repeater.stop();
    },
    get busy() {
      return busy;
    },
    stop: () => stopGuard(),
  };
}
