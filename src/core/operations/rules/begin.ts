/**
 * The one way in which an Operation begins: for the fire of a schedule, a trigger, a backfill and a request alike. Its
 * name, parameters, time to live and deadline are decided here and stored with it, so a later change of a default does
 * not reach it.
 */

import { type AskedTtl, type Setting, ttlIn } from '../../applications/rules/setting.ts';
import type { NewEvent } from '../../kernel/rules/event.ts';
import { nameSuffix, operationName } from '../../kernel/rules/names.ts';
import type { Engine } from '../../kernel/rules/operation-type.ts';
import { shifted } from '../../time/rules/slots.ts';
import type { Operation } from './operation.ts';
import { operationEvent } from './reasons.ts';

export interface Beginning {
  readonly id: string;
  readonly type: 'Backup' | 'Restore';
  readonly engine?: Engine | undefined;
  /** Default: made from the target, the type, the slot (or now) and `nameFrom`. */
  readonly name?: string | undefined;
  /**
   * The id from which the end of the name is made. For a slot it is the schedule's, so that each retry makes the same
   * name. Default: `id`.
   */
  readonly nameFrom?: string | undefined;
  /** For a Backup they go over the application class's defaults, key by key. */
  readonly parameters?: Readonly<Record<string, unknown>> | undefined;
  /** Backups only. */
  readonly ttl?: AskedTtl | undefined;
  /** The slot of the schedule that is fired. */
  readonly slot?: { readonly scheduleId: string; readonly scheduledFor: string } | undefined;
  readonly requestedBy: string;
  readonly onBehalfOf?: string | undefined;
  readonly requestId?: string | undefined;
  /** The schedule's own deadline. It counts from the slot, and ends a minute from now at the earliest. */
  readonly startingDeadlineSeconds?: number | undefined;
  /** Counts from now. Default: the application class's. */
  readonly deliveryDeadlineSeconds?: number | undefined;
}

const leastWindowSeconds = 60;

export function begin(setting: Setting, beginning: Beginning, now: string): Operation {
  const { instance, applicationClass } = setting;
  const {
    id,
    type,
    engine = 'velero',
    name,
    nameFrom = id,
    parameters,
    ttl,
    slot,
    requestedBy,
    onBehalfOf,
    requestId,
  } = beginning;
  const at = slot?.scheduledFor ?? now;
  return {
    id,
    organizationId: instance.organizationId,
    clusterId: instance.clusterId,
    applicationInstanceId: instance.id,
    ...slot,
    name: name ?? operationName(instance.name, type, at, nameSuffix(nameFrom)),
    namespace: instance.namespace,
    target: instance.name,
    type,
    engine,
    parameters: type === 'Backup' ? { ...applicationClass.defaultParameters, ...parameters } : { ...parameters },
    ...(ttl !== undefined && ttlIn(setting, ttl)),
    origin: slot === undefined ? 'request' : 'schedule',
    requestedBy,
    ...(onBehalfOf !== undefined && { onBehalfOf }),
    ...(requestId !== undefined && { requestId }),
    phase: 'Pending',
    conditions: [],
    outputs: {},
    warnings: [],
    deliverBefore: deliverBefore(beginning, applicationClass.deliveryDeadlineSeconds, at, now),
    createdAt: now,
    revision: 1,
  };
}

function deliverBefore(
  { startingDeadlineSeconds, deliveryDeadlineSeconds }: Beginning,
  ofClassSeconds: number,
  slot: string,
  now: string,
): string {
  if (startingDeadlineSeconds === undefined) return shifted(now, deliveryDeadlineSeconds ?? ofClassSeconds);
  const own = Date.parse(slot) + startingDeadlineSeconds * 1000;
  return new Date(Math.max(own, Date.parse(now) + leastWindowSeconds * 1000)).toISOString();
}

export function createdEvent(operation: Operation, now: string): NewEvent {
  const { type, namespace, target, requestedBy, ttl, ttlSource } = operation;
  const kept = ttl === undefined ? '' : `, kept ${ttl} (${ttlSource})`;
  return operationEvent(
    operation,
    'Created',
    `${type} of ${namespace}/${target}, requested by ${requestedBy}${kept}.`,
    now,
  );
}
