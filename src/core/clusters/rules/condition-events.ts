/**
 * Which changes of a cluster's conditions become events.
 *
 *   trouble           is recorded once it has lasted ten seconds
 *   the end of it     is recorded once that has lasted thirty seconds
 *   credentials       are recorded at once
 *
 * So a condition that changes every few seconds makes one event, not one for each change. A condition that follows from
 * another makes none: a cluster that cannot be reached cannot be watched either. `Unknown` makes none.
 *
 * The reason of the last event is kept on the cluster's row, by type of condition, and changes in the transaction of the
 * event: so of all replicas one records it. `nextAt` is kept there as well: the moment when a condition will have lasted
 * long enough, which a later round (`recordDueEvents`) then finds.
 */

import type { Condition } from '../../kernel/rules/condition.ts';
import type { EventType } from '../../kernel/rules/event.ts';
import type { ClusterEventReason } from './reasons.ts';

/** The reason of the last event by type of condition. */
export type RecordedReasons = Readonly<Record<string, string>>;

export interface ConditionEvent {
  readonly type: EventType;
  readonly reason: ClusterEventReason;
  readonly message: string;
}

export interface ConditionEvents {
  readonly events: readonly ConditionEvent[];
  readonly recorded: RecordedReasons;
  /** When the next condition will have lasted long enough; absent when none is waiting. */
  readonly nextAt: string | undefined;
}

interface DueEvent extends ConditionEvent {
  /** How long the condition has to last first. */
  readonly lastsMs: number;
}

const troubleMs = 10_000;
const recoveryMs = 30_000;

/**
 * Whether to check the cluster now, because its watch has begun or ceased to be refused: what it serves or allows has
 * changed. A cluster that could only not be reached for a while is as it was.
 */
export function needsCheck(before: readonly Condition[], after: readonly Condition[]): boolean {
  const [was, is] = [before, after].map((conditions) => conditions.find(({ type }) => type === 'Watching'));
  if (was === undefined || is === undefined || was.status === is.status) return false;
  return [was, is].some(({ status, reason }) => status === 'False' && reason === 'Refused');
}

export function eventsOfConditions(
  conditions: readonly Condition[],
  recorded: RecordedReasons,
  now: string,
): ConditionEvents {
  let next = recorded;
  const events: ConditionEvent[] = [];
  const waiting: number[] = [];
  for (const condition of conditions) {
    const due = dueEvent(condition, conditions);
    if (due === undefined || next[condition.type] === due.reason) continue;
    // A cluster that is well from the beginning makes no event, and need not be well for a while first.
    if (next[condition.type] === undefined && due.type === 'Normal') {
      next = { ...next, [condition.type]: due.reason };
      continue;
    }
    const dueAt = Date.parse(condition.lastTransitionTime) + due.lastsMs;
    if (dueAt > Date.parse(now)) {
      waiting.push(dueAt);
      continue;
    }
    const { lastsMs: _, ...event } = due;
    next = { ...next, [condition.type]: due.reason };
    events.push(event);
  }
  const nextAt = waiting.length === 0 ? undefined : new Date(Math.min(...waiting)).toISOString();
  return { events, recorded: next, nextAt };
}

function dueEvent(condition: Condition, all: readonly Condition[]): DueEvent | undefined {
  const { type, status, reason, lastTransitionTime, message } = condition;
  const since = ` Since ${lastTransitionTime}.`;
  const trouble = (eventReason: ClusterEventReason, lastsMs = troubleMs): DueEvent => ({
    type: 'Warning',
    reason: eventReason,
    message: message + since,
    lastsMs,
  });
  const well = (eventReason: ClusterEventReason, lastsMs = recoveryMs): DueEvent => ({
    type: 'Normal',
    reason: eventReason,
    message: message + since,
    lastsMs,
  });
  if (status === 'Unknown') return undefined;
  const yes = status === 'True';
  switch (type) {
    case 'Reachable':
      return yes ? well('ClusterReachable') : trouble('ClusterUnreachable');
    case 'Authenticated':
      if (yes) return well('CredentialsAccepted', 0);
      return trouble(reason === 'AccessUnreadable' ? 'AccessUnreadable' : 'CredentialsRejected', 0);
    case 'OperatorReady':
      return yes ? well('OperatorReady') : trouble('OperatorNotReady');
    case 'Watching':
      if (!yes) return followsFromAnother(all) ? undefined : trouble('WatchInterrupted');
      return well('Watching');
    case 'Identity':
      if (yes) return well('ClusterIdentified', 0);
      return trouble(reason === 'Rebuilt' ? 'ClusterRebuilt' : 'ClusterRegisteredTwice', 0);
    case 'CredentialsExpiring':
      if (!yes) return { ...well('CredentialsRenewed', 0), message };
      return { ...trouble(reason === 'Expired' ? 'CredentialsExpired' : 'CredentialsExpiring', 0), message };
    default:
      return undefined;
  }
}

/** Whether the watch ended because the cluster cannot be reached, or rejects the credentials. */
function followsFromAnother(all: readonly Condition[]): boolean {
  return all.some(({ type, status }) => (type === 'Reachable' || type === 'Authenticated') && status !== 'True');
}
