/**
 * How connectors share the clusters. Each takes free ones up to the fair share; whoever holds at least two more than
 * another hands some over. So the counts end at most one apart, from wherever they begin, and then nothing moves any
 * more: a share that was only a bound from above would leave a late connector idle, and giving back for anybody to take
 * would leave clusters unwatched and could go back and forth.
 */

/** Of the connectors that live, as the database sees them at one moment. */
export interface ClusterShares {
  readonly clusterCount: number;
  /** Clusters that nobody holds. */
  readonly freeCount: number;
  readonly connectors: readonly ConnectorShare[];
}

export interface ConnectorShare {
  readonly id: string;
  readonly heldCount: number;
  /** Has lived for a while and spoke just now: one that starts and dies again is given nothing to lose. */
  readonly steady: boolean;
}

export interface HandOver {
  readonly to: string;
  readonly count: number;
}

/** A watch that moves begins again with a list: this many a connector and round, so that joining is no storm. */
const maxHandedOver = 50;

export function fairShare({ clusterCount, connectors }: ClusterShares): number {
  return Math.ceil(clusterCount / Math.max(1, connectors.length));
}

/** How many free clusters this connector takes. */
export function takeCount(shares: ClusterShares, id: string): number {
  const held = shares.connectors.find((connector) => connector.id === id)?.heldCount;
  if (held === undefined) return 0;
  return Math.max(0, Math.min(shares.freeCount, fairShare(shares) - held));
}

/**
 * What this connector hands over. All of them plan the same moves from the same shares and do their own, so two that
 * hold too many do not both fill up the one that holds too few. Nothing moves while something is free.
 */
export function handOvers(shares: ClusterShares, id: string): readonly HandOver[] {
  if (shares.freeCount > 0) return [];
  const counts = shares.connectors.map((connector) => ({ ...connector })).sort((a, b) => (a.id < b.id ? -1 : 1));
  const mine = new Map<string, number>();
  let handed = 0;
  for (;;) {
    const [most] = counts.toSorted((a, b) => b.heldCount - a.heldCount);
    const [least] = counts.filter(({ steady }) => steady).toSorted((a, b) => a.heldCount - b.heldCount);
    if (most === undefined || least === undefined || most.heldCount - least.heldCount < 2) break;
    most.heldCount -= 1;
    least.heldCount += 1;
    if (most.id !== id) continue;
    mine.set(least.id, (mine.get(least.id) ?? 0) + 1);
    handed += 1;
    if (handed === maxHandedOver) break;
  }
  return [...mine].map(([to, count]) => ({ to, count }));
}
