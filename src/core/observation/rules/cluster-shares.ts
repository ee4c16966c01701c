/**
 * How connectors share the clusters. Each connector takes free clusters up to the fair share. A connector that holds at
 * least two more than another hands some over to it. So the counts end at most one apart, from any beginning, and then
 * nothing moves any more.
 *
 * Two simpler ways were ruled out. With only an upper bound, a connector that starts late would stay idle. If a
 * connector gave clusters back for any other to take, they would be unwatched for a while and could go back and forth.
 */

/** The clusters and the living connectors, as the database sees them at one moment. */
export interface ClusterShares {
  readonly clusterCount: number;
  /** Clusters that no connector holds. */
  readonly freeCount: number;
  readonly connectors: readonly ConnectorShare[];
}

export interface ConnectorShare {
  readonly id: string;
  readonly heldCount: number;
  /** It has lived for a while and has renewed just now. A connector that starts and dies again is handed nothing. */
  readonly steady: boolean;
}

export interface HandOver {
  readonly to: string;
  readonly count: number;
}

/**
 * A cluster that moves is listed again. This many move in one round of a connector, so that a new one causes no rush.
 */
const maxHandedOver = 50;

export function fairShare({ clusterCount, connectors }: ClusterShares): number {
  return Math.ceil(clusterCount / Math.max(1, connectors.length));
}

/** How many free clusters this connector is to take. */
export function takeCount(shares: ClusterShares, id: string): number {
  const held = shares.connectors.find((connector) => connector.id === id)?.heldCount;
  if (held === undefined) return 0;
  return Math.max(0, Math.min(shares.freeCount, fairShare(shares) - held));
}

/**
 * The hand-overs of this connector. Each connector computes the same moves from the same shares and makes its own. So
 * two that hold too many do not both fill up the one that holds too few. No cluster is handed over while one is free.
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
