/**
 * The events of a change that a cluster has caused. A repeated observation changes nothing, and so records no event.
 */

import { clip } from '../../kernel/rules/condition.ts';
import { type NewEvent, statedReason } from '../../kernel/rules/event.ts';
import { hadStarted, wasGivenUp } from './giving-up/left-in-cluster.ts';
import { isTerminal, type Operation } from './operation.ts';
import { about, operationEvent } from './reasons.ts';

const warningTypes: readonly string[] = ['Failed', 'Degraded', 'Blocked', 'Withdrawing'];

/**
 * One event for each condition that became true, and one for a new phase unless a condition's event has its name. One
 * for a resource that came back, and one for a contradiction.
 */
export function eventsOfChange(before: Operation, after: Operation, now: string): readonly NewEvent[] {
  const events: NewEvent[] = [];
  const { contradiction } = after;
  for (const condition of after.conditions) {
    const known = before.conditions.find((other) => other.type === condition.type);
    if (condition.status !== 'True' || (known?.status === 'True' && known.reason === condition.reason)) continue;
    if (condition.type === contradiction?.phase) continue;
    if (condition.type === 'Blocked' && isTerminal(after.phase)) {
      const message = `It is ${after.phase} here, and the operator states it as Pending again, blocked: ${condition.message || condition.reason}. If what blocks it is Pending as well, they block each other, and no Backup of the application begins: delete the resource of the finished one in the cluster.`;
      events.push(operationEvent(after, 'BlockedAgain', message, now));
      continue;
    }
    const type = warningTypes.includes(condition.type) ? 'Warning' : 'Normal';
    const message = condition.message === '' ? condition.reason : `${condition.reason}: ${condition.message}`;
    events.push({ ...about(after), type, reason: statedReason(condition.type), message, at: now });
  }
  if (before.phase !== after.phase && !events.some((event) => event.reason === after.phase)) {
    events.push({
      ...about(after),
      type: after.phase === 'Failed' ? 'Warning' : 'Normal',
      reason: statedReason(after.phase),
      message: `The cluster states the phase ${after.phase}.`,
      at: now,
    });
  }
  if (before.uid !== undefined && after.uid !== before.uid) {
    const message =
      'It is cancelled, and its resource is in the cluster again. The resource is deleted, unless it has finished.';
    events.push(operationEvent(after, 'Returned', message, now));
  }
  if (after.inFlightInCluster?.phase === 'Running' && wasGivenUp(before) && !hadStarted(before)) {
    const message = `It is ${before.phase} here, and its resource has started in the cluster all the same. It is not deleted by itself any more; cancel it to delete it.`;
    events.push(operationEvent(after, 'StartedAfterEnd', message, now));
  }
  if (isTerminal(before.phase) && before.resourceGoneAt === undefined && after.resourceGoneAt !== undefined) {
    const message =
      "Somebody deleted the resource of this finished Backup. The operator then deletes Velero's Backup. The data stay in the storage location, and Velero makes its Backup from them again within about a minute, unless its sync is off.";
    const isOfCopy = after.type === 'Backup' && after.phase === 'Succeeded';
    events.push(
      isOfCopy
        ? operationEvent(after, 'ResourceDeleted', message, now)
        : operationEvent(
            after,
            'ResourceGone',
            'The cluster no longer has the resource that had been left there.',
            now,
          ),
    );
  }
  if (contradiction !== undefined && contradiction.phase !== before.contradiction?.phase) {
    const message = `It is ${after.phase} here, and the cluster states ${contradiction.phase}: ${contradiction.message}`;
    events.push(operationEvent(after, 'Contradicted', clip(message), now));
  }
  return events;
}
