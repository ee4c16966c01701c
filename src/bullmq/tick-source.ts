/**
 * The tick: `onTick` on every whole second, whatever becomes of the queue.
 *
 * BullMQ's job scheduler gives one tick a second to all replicas together. A guard in each process watches its own
 * ticks: when none came for a second and a half (Redis away or flushed, the scheduler lost, the worker wedged, or
 * another replica took them all) it calls `onTick` itself, on whole seconds, until they come again. It does not ask
 * why: `onTick` is safe to call at any time on every replica, and a call too many costs one indexed query, while a
 * wrong guess would cost backups. In this process no two calls ever overlap.
 */
import type { Log } from '../core/kernel/ports.ts';
import { condition, messageOf } from './failure-log.ts';
import type { Lane, LaneQueue } from './reopening-queue.ts';
import { repeat } from './timers.ts';

export interface Clock {
  /** When `onTick` last succeeded. */
  readonly lastTickAt: string | undefined;
  /** The queue's tick: the work of the lane's jobs. */
  tick(): Promise<void>;
  /** Starts the guard over the lane that brings the ticks. */
  guard(lane: Lane): void;
  /** Whether `onTick` runs now. */
  readonly busy: boolean;
  stop(): void;
}

const schedulerId = 'tick';
const missedMs = 1_400;
const renewMs = 15_000;

/** UTC because cron-parser loops at some zones' daylight saving changes. */
export async function schedule(queue: LaneQueue): Promise<void> {
  await queue.upsertJobScheduler(schedulerId, { pattern: '* * * * * *', tz: 'UTC' }, { name: 'tick', data: {} });
}

export function createClock({ onTick, log }: { onTick: () => Promise<void>; log: Log }): Clock {
  const ticking = condition(log, { failing: 'tick fails', working: 'tick works again' });
  let lastTickAt: string | undefined;
  let busy = false;
  let cameAt = performance.now();
  let wellAt = performance.now();
  let stopGuard = () => {};

  const call = async () => {
    if (busy) return;
    busy = true;
    try {
      await onTick();
      lastTickAt = new Date().toISOString();
      ticking.worked();
    } catch (error) {
      ticking.failed(error);
    } finally {
      busy = false;
    }
  };

  const missed = () => performance.now() - cameAt > missedMs;

  const heal = async (lane: Lane) => {
    const { queue } = lane;
    if (queue === undefined) return;
    const scheduler = await queue.getJobScheduler(schedulerId);
    const aheadMs = (scheduler?.next ?? 0) - Date.now();
    if (aheadMs > -1_000 && aheadMs < 2_000) {
      // Another replica takes the ticks: setting the scheduler again could drop the one that is just due.
      wellAt = performance.now();
      return;
    }
    await schedule(queue);
    log.info({}, 'tick scheduler was missing or stuck: set again');
  };

  /** The lane is opened anew when nothing else helped: its worker is wedged, or a connection hangs half open. */
  const renewIfLost = (lane: Lane) => {
    if (performance.now() - wellAt < renewMs) return;
    wellAt = performance.now();
    log.debug({}, 'no ticks for long: opening their queue anew');
    lane.renew();
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
    guard(lane) {
      let healing = false;
      // Half a second behind the tick while ticks come; in their place when they do not.
      const next = () => (missed() ? 1_000 : 1_500) - (Date.now() % 1_000);
      const repeater = repeat(next, async () => {
        if (!missed()) return;
        if (!healing) {
          healing = true;
          void heal(lane)
            .catch((error) => log.debug({ reason: messageOf(error) }, 'tick scheduler cannot be looked at'))
            .finally(() => {
              healing = false;
              renewIfLost(lane);
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
