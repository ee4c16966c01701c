/** Operations on demand. */
import { forebodings, refuseUnaccepted } from '../acceptance/rules/accepted-parameters.ts';
import { type Call, own, type Reading } from '../access/call.ts';
import { forewarned } from '../applications/adopt.ts';
import type { ApplicationInstance } from '../applications/rules/application.ts';
import { type OperationParameters, parametersOf } from '../applications/rules/parameters.ts';
import { resolveTtl } from '../applications/rules/retention.ts';
import type { Cluster } from '../clusters/rules/cluster.ts';
import type { Doorbell } from '../kernel/ports.ts';
import { isGeneratedName, nameSuffix, operationName } from '../kernel/rules/names.ts';
import { ruleViolated } from '../kernel/rules/problem.ts';
import { createdEvent, deliverBefore, newOperation } from './rules/begin.ts';
import { type Manifest, manifestOf } from './rules/manifest.ts';
import type { NewOperation, Operation } from './rules/operation.ts';

export interface Planned {
  readonly operation: Operation;
  readonly manifest: Manifest;
  readonly warnings: readonly string[];
}

/** What a request would make, with everything resolved; nothing is written. */
export async function planOperation({ tx, caller, now, vault }: Reading, input: NewOperation): Promise<Planned> {
  const instance = await tx.applicationInstances.find(caller.organizationId, input.applicationInstanceId);
  if (instance === undefined) {
    throw ruleViolated('/applicationInstanceId', `There is no application instance ${input.applicationInstanceId}.`);
  }
  const cluster = await own(tx.clusters, caller, 'cluster', instance.clusterId);
  const applicationClass = await own(tx.applicationClasses, caller, 'application class', instance.applicationClassId);
  const override = await tx.overrides.find(caller.organizationId, applicationClass.id);
  if (input.type === 'Restore' && input.ttl !== undefined)
    throw ruleViolated('/ttl', 'Only a Backup has a time to live; leave it out for a Restore.');
  if (input.name !== undefined && isGeneratedName(input.name)) {
    throw ruleViolated('/name', 'looks like a name that schedules make for their fires; choose another one.');
  }
  const id = vault.newId();
  const resolved =
    input.type === 'Backup'
      ? resolveTtl({
          request: input.ttl,
          cadence: 'onDemand',
          override: override?.retention,
          classRetention: applicationClass.retention,
        })
      : {};
  const parameters = parametersOf(input.type, input.parameters ?? {}, applicationClass.defaultParameters);
  refuseUnaccepted(
    {
      type: input.type,
      parameters,
      given: input.parameters ?? {},
      ttlGiven: input.ttl !== undefined,
      pointer: '/parameters',
    },
    cluster,
  );
  const deliveryDeadlineSeconds = input.deliveryDeadlineSeconds ?? applicationClass.deliveryDeadlineSeconds;
  const operation = newOperation(
    {
      id,
      organizationId: caller.organizationId,
      clusterId: cluster.id,
      applicationInstanceId: instance.id,
      name: input.name ?? operationName(instance.name, input.type, now, nameSuffix(id)),
      namespace: instance.namespace,
      target: instance.name,
      type: input.type,
      ...(input.engine !== undefined && { engine: input.engine }),
      parameters,
      ...resolved,
      origin: 'request',
      requestedBy: caller.name,
      ...(caller.onBehalfOf !== undefined && { onBehalfOf: caller.onBehalfOf }),
      deliverBefore: deliverBefore({ deliveryDeadlineSeconds }, now, now),
    },
    now,
  );
  return {
    operation,
    manifest: manifestOf(operation, cluster),
    warnings: [
      ...forewarnings(parameters, cluster, instance, now),
      ...(await forewarned({ tx }, instance, input.type, input.engine)),
      ...forebodings({ type: input.type, parameters }, cluster, instance.namespace),
    ],
  };
}

/** Records the Operation with what is owed for it, in one transaction, and rings for its cluster once that has committed. */
export async function createOperation(call: Call, doorbell: Doorbell, input: NewOperation): Promise<Planned> {
  const { tx, now } = call;
  const planned = await planOperation(call, input);
  await tx.operations.insertOwed(planned.operation, 'Apply');
  await tx.events.append([createdEvent(planned.operation, now)]);
  tx.afterCommit(() => doorbell.ring([planned.operation.clusterId]));
  return planned;
}

function forewarnings(
  parameters: OperationParameters,
  cluster: Cluster,
  instance: ApplicationInstance,
  now: string,
): readonly string[] {
  const warnings: string[] = [];
  if (parameters.csiSnapshotClassName !== undefined) {
    warnings.push(
      'parameters.csiSnapshotClassName is accepted by the operator but is no field of Velero: it has no effect there.',
    );
  }
  const { namespaceMapping } = parameters;
  if (namespaceMapping !== undefined && !Object.values(namespaceMapping).includes(instance.namespace)) {
    warnings.push(
      `namespaceMapping maps to ${Object.values(namespaceMapping).join(', ')}, but the Operation's target is in ${instance.namespace}.`,
    );
  }
  const unreachable = cluster.conditions.find(
    (condition) => condition.type === 'Reachable' && condition.status === 'False',
  );
  if (unreachable !== undefined) {
    warnings.push(
      `The cluster ${cluster.name} cannot be reached (${unreachable.message}); the Operation is kept and delivered when it can.`,
    );
  }
  if (cluster.throttledUntil !== undefined && cluster.throttledUntil > now) {
    warnings.push(
      `The cluster ${cluster.name} asked to be left alone until ${cluster.throttledUntil}; the Operation is kept and delivered then.`,
    );
  }
  return warnings;
}
