/** A fire that somebody asks for: the schedule's Operation, now, in the ledger with the name of who asked. */

import { foresee } from '../acceptance/foresee.ts';
import { type Call, own, ownLocked } from '../access/call.ts';
import { resolveTtl } from '../applications/rules/retention.ts';
import type { Doorbell } from '../kernel/ports.ts';
import { nameSuffix, operationName } from '../kernel/rules/names.ts';
import { createdEvent, deliverBefore, newOperation } from '../operations/rules/begin.ts';
import type { Operation } from '../operations/rules/operation.ts';
import { ledgerRow } from './rules/ledger.ts';
import { actor } from './schedules.ts';

/** Fires at once, also while the schedule is suspended, and whatever else is in flight: it was asked for by hand. */
export async function triggerSchedule(call: Call, doorbell: Doorbell, id: string): Promise<Operation> {
  const { tx, caller, now, vault } = call;
  const schedule = await ownLocked(tx.schedules, caller, 'schedule', id);
  const instance = await own(tx.applicationInstances, caller, 'application instance', schedule.applicationInstanceId);
  const applicationClass = await own(tx.applicationClasses, caller, 'application class', instance.applicationClassId);
  const override = await tx.overrides.find(caller.organizationId, applicationClass.id);
  await foresee(call, schedule);
  const operationId = vault.newId();
  const operation = newOperation(
    {
      id: operationId,
      organizationId: caller.organizationId,
      clusterId: schedule.clusterId,
      applicationInstanceId: instance.id,
      scheduleId: schedule.id,
      scheduledFor: now,
      name: operationName(instance.name, 'Backup', now, nameSuffix(operationId)),
      namespace: instance.namespace,
      target: instance.name,
      type: 'Backup',
      parameters: { ...applicationClass.defaultParameters, ...schedule.template.parameters },
      ...resolveTtl({
        schedule: schedule.ttl,
        cadence: schedule.cadence,
        override: override?.retention,
        classRetention: applicationClass.retention,
      }),
      origin: 'schedule',
      requestedBy: caller.name,
      ...(caller.onBehalfOf !== undefined && { onBehalfOf: caller.onBehalfOf }),
      deliverBefore: deliverBefore({ ...applicationClass, ...schedule }, now, now),
    },
    now,
  );
  await tx.operations.insertOwed(operation, 'Apply');
  const row = ledgerRow({
    schedule,
    outcome: 'Fired',
    reason: 'Triggered',
    first: now,
    last: now,
    count: 1,
    now,
    offset: 0,
    id: vault.newId(),
    operationId,
  });
  await tx.fires.append([{ ...row, triggeredBy: actor(caller) }]);
  await tx.events.append([createdEvent(operation, now)]);
  tx.afterCommit(() => doorbell.ring([schedule.clusterId]));
  return operation;
}
