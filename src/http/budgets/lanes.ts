/**
 * Lanes: of the work for one key so much runs at once, some more waits for its turn, and the rest is refused. Keys do
 * not wait for each other.
 */

export interface LaneLimits {
  readonly atOnce: number;
  readonly waiting: number;
  readonly waitSeconds: number;
  /**
   * How long a place rests after work, as a multiple of the time that the work took; a second at most. So work takes the
   * same share of the time on a slow machine as on a fast one. Default: not at all.
   */
  readonly restFactor?: number;
}

const maxRestMs = 1_000;

export type Lanes = <T>(key: string, work: () => Promise<T>) => Promise<T>;

/** Thrown when too much waits already, or a turn did not come in time. */
export class LaneFull extends Error {
  constructor() {
    super('too much is in this lane already');
    this.name = 'LaneFull';
  }
}

interface Lane {
  running: number;
  readonly waiting: (() => void)[];
}

export function lanes({ atOnce, waiting, waitSeconds, restFactor = 0 }: LaneLimits): Lanes {
  const known = new Map<string, Lane>();

  const turn = (lane: Lane) =>
    new Promise<void>((resolve, reject) => {
      const start = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        lane.waiting.splice(lane.waiting.indexOf(start), 1);
        reject(new LaneFull());
      }, waitSeconds * 1000);
      lane.waiting.push(start);
    });

  const leave = (key: string, lane: Lane) => {
    const next = lane.waiting.shift();
    if (next !== undefined) return next();
    lane.running -= 1;
    if (lane.running === 0) known.delete(key);
  };

  return async (key, work) => {
    const lane = known.get(key) ?? { running: 0, waiting: [] };
    known.set(key, lane);
    if (lane.running < atOnce) lane.running += 1;
    else if (lane.waiting.length >= waiting) throw new LaneFull();
    // Who ends hands its place over, so the count stays.
    else await turn(lane);
    const beganAt = performance.now();
    try {
      return await work();
    } finally {
      const restMs = Math.min((performance.now() - beganAt) * restFactor, maxRestMs);
      if (restMs === 0) leave(key, lane);
      else setTimeout(() => leave(key, lane), restMs).unref();
    }
  };
}
