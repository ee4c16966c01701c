/** Operations with what they wait for, as the API shows them. */
import type { ClustersTable } from '../clusters/ports.ts';
import type { Operation } from './rules/operation.ts';
import { waitingOf } from './rules/waiting.ts';

/** With one statement for all clusters in which one of them waits. */
export async function withWaiting(
  { clusters }: ClustersTable,
  operations: readonly Operation[],
  now: string,
): Promise<Operation[]> {
  const waitedFor = new Set(operations.filter(({ phase }) => phase === 'Pending').map(({ clusterId }) => clusterId));
  const states = await clusters.states([...waitedFor]);
  return operations.map((operation) => {
    const { conditions = [], throttledUntil } = states.get(operation.clusterId) ?? {};
    const paused = throttledUntil !== undefined && throttledUntil > now ? { throttledUntil } : {};
    const waiting = waitingOf(operation, { conditions, ...paused });
    return waiting === undefined ? operation : { ...operation, waiting };
  });
}
