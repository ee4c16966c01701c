/**
 * An Operation as it begins, whatever made it: a fire, a trigger, a backfill or a request; and the event that says so.
 */
import type { NewEvent } from '../../kernel/rules/event.ts';
import { shifted } from '../../time/rules/slots.ts';
import type { Operation } from './operation.ts';

type Begun = 'engine' | 'phase' | 'conditions' | 'outputs' | 'warnings' | 'createdAt' | 'revision';
type Wanted = Omit<Operation, Begun | 'deliverBefore'> & Partial<Pick<Operation, 'engine'>> & { deliverBefore: string };

export function newOperation(wanted: Wanted, now: string): Operation {
  return {
    engine: 'velero',
    ...wanted,
    phase: 'Pending',
    conditions: [],
    outputs: {},
    warnings: [],
    createdAt: now,
    revision: 1,
  };
}

const leastWindowSeconds = 60;

/**
 * Until when it may be delivered. A schedule's own startingDeadlineSeconds counts from the slot, but leaves a minute from
 * now on; the class's deadline counts from now.
 */
export function deliverBefore(
  {
    startingDeadlineSeconds,
    deliveryDeadlineSeconds,
  }: { readonly startingDeadlineSeconds?: number | undefined; readonly deliveryDeadlineSeconds: number },
  slot: string,
  now: string,
): string {
  if (startingDeadlineSeconds === undefined) return shifted(now, deliveryDeadlineSeconds);
  const own = Date.parse(slot) + startingDeadlineSeconds * 1000;
  return new Date(Math.max(own, Date.parse(now) + leastWindowSeconds * 1000)).toISOString();
}

export function createdEvent(operation: Operation, now: string): NewEvent {
  const { organizationId, clusterId, applicationInstanceId, id, scheduleId } = operation;
  const kept = operation.ttl === undefined ? '' : `, kept ${operation.ttl} (${operation.ttlSource})`;
  return {
    organizationId,
    clusterId,
    applicationInstanceId,
    operationId: id,
    ...(scheduleId !== undefined && { scheduleId }),
    type: 'Normal',
    reason: 'Created',
    message: `${operation.type} of ${operation.namespace}/${operation.target}, asked for by ${operation.requestedBy}${kept}.`,
    at: now,
  };
}
