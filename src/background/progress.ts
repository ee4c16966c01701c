/** When the pieces of work of this process last succeeded and last ended: for readiness, and for liveness. */
import type { WorkStanding } from '../core/watchdog/rules/role-standing.ts';

export interface Progress {
  /** From now on its end is waited for. */
  began(work: string): void;
  ended(work: string, succeeded: boolean): void;
  /** Wraps work whose ends are then noted. */
  follow<Result>(work: string, run: () => Promise<Result>): () => Promise<Result>;
  of(work: string): WorkStanding;
}

export function startProgress(now: () => number = () => performance.now()): Progress {
  const endedAt = new Map<string, number>();
  const succeededAt = new Map<string, number>();
  const secondsSince = (at: number) => (now() - at) / 1000;
  const began = (work: string) => void endedAt.set(work, now());
  const ended = (work: string, succeeded: boolean) => {
    endedAt.set(work, now());
    if (succeeded) succeededAt.set(work, now());
  };
  return {
    began,
    ended,
    follow(work, run) {
      began(work);
      return async () => {
        try {
          const result = await run();
          ended(work, true);
          return result;
        } catch (error) {
          ended(work, false);
          throw error;
        }
      };
    },
    of(work) {
      const at = succeededAt.get(work);
      return {
        name: work,
        succeededSecondsAgo: at === undefined ? undefined : secondsSince(at),
        silentSeconds: secondsSince(endedAt.get(work) ?? now()),
      };
    },
  };
}
