/**
 * What an Operation waits for while it is Pending: what holds it here; its delivery, and what stands in the way of it; or
 * what the cluster says since it has the resource. It follows from the conditions of the Operation and of its cluster, so nothing of it
 * is stored.
 */
import { z } from 'zod';
import type { Condition } from '../../kernel/rules/condition.ts';
import { Instant } from '../../kernel/rules/fields.ts';

export const Waiting = z
  .object({
    reason: z
      .string()
      .describe(
        'A CamelCase word for programs. AwaitingDelivery: no connector has tried the delivery yet. Queued: the cluster has the resource and has not started it. Any other is the reason of a condition: of Held (for example RestoreInFlight), of Delivered (for example Unreachable, ServerError or ConflictingOperation), of Blocked, or of the cluster.',
      ),
    message: z.string().describe('The same for people, in the words of the cluster where it has said something.'),
    since: Instant.describe('Since when it waits for this.'),
  })
  .meta({ id: 'Waiting', description: 'What a Pending Operation waits for.' });
export type Waiting = z.infer<typeof Waiting>;

export interface WaitingOperation {
  readonly phase: string;
  readonly conditions: readonly Condition[];
  readonly createdAt: string;
  readonly deliveredAt?: string | undefined;
}

export interface WaitedForCluster {
  readonly conditions: readonly Condition[];
  /** Only while the pause lasts. */
  readonly throttledUntil?: string | undefined;
}

/** `undefined` when the Operation is not Pending. */
export function waitingOf(operation: WaitingOperation, cluster: WaitedForCluster): Waiting | undefined {
  const { phase, conditions, createdAt, deliveredAt } = operation;
  if (phase !== 'Pending') return undefined;
  const is = (type: string, status: Condition['status'], of = conditions) =>
    of.find((condition) => condition.type === type && condition.status === status);
  if (deliveredAt !== undefined) {
    const queued = 'The cluster has accepted the resource and has not started it.';
    return saidBy(is('Blocked', 'True')) ?? { reason: 'Queued', message: queued, since: deliveredAt };
  }
  const held = saidBy(is('Held', 'True'));
  if (held !== undefined) return held;
  const { throttledUntil } = cluster;
  if (throttledUntil !== undefined)
    return { reason: 'Throttled', message: `The cluster asked for a pause until ${throttledUntil}.`, since: createdAt };
  const tried = saidBy(is('Delivered', 'False') ?? is('Delivered', 'Unknown'));
  if (tried !== undefined) return tried;
  const away = saidBy(is('Reachable', 'False', cluster.conditions) ?? is('Authenticated', 'False', cluster.conditions));
  if (away !== undefined) return { ...away, since: later(away.since, createdAt) };
  return { reason: 'AwaitingDelivery', message: 'No connector has tried to deliver it yet.', since: createdAt };
}

function saidBy(condition: Condition | undefined): Waiting | undefined {
  if (condition === undefined) return undefined;
  const { reason, message, lastTransitionTime } = condition;
  return { reason, message: message === '' ? reason : message, since: new Date(lastTransitionTime).toISOString() };
}

function later(a: string, b: string): string {
  return Date.parse(a) > Date.parse(b) ? a : b;
}
