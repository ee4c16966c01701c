/**
 * The one way in which an Operation begins, whatever makes it: the fire of a schedule, a trigger, a backfill or a request.
 * Its name, parameters, time to live and deadline are decided here and stored with it.
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
  /** Default: from the target, the type, the slot (or now) and `nameFrom`. */
  readonly name?: string | undefined;
  /** The id that the name ends in. The schedule's for a slot, so that each retry makes the same name; default: `id`. */
  readonly nameFrom?: string | undefined;
  /** A Backup's go over the application class's defaults, key by key. */
  readonly parameters?: Readonly<Record<string, unknown>> | undefined;
  /** Backups only. */
  readonly ttl?: AskedTtl | undefined;
  /** The slot of the schedule that it is the fire of. */
  readonly slot?: { readonly scheduleId: string; readonly scheduledFor: string } | undefined;
  readonly requestedBy: string;
  readonly onBehalfOf?: string | undefined;
  /** The schedule's own deadline. It counts from the slot, and leaves a minute from now on. */
  readonly startingDeadlineSeconds?: number | undefined;
  /** From now on; default: the application class's. */
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
    `${type} of ${namespace}/${target}, asked for by ${requestedBy}${kept}.`,
    now,
  );
}
