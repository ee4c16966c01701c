/**
 * Backups and restores on demand. A dry run and a request share one draft, so the dry run shows exactly the Operation
 * that the request would make.
 */
import { type AcceptanceTables, operationTarget } from '../acceptance/accept.ts';
import { refuseUnaccepted } from '../acceptance/rules/accepted-parameters.ts';
import { warningsFor, warningsNow } from '../acceptance/rules/warnings.ts';
import type { Call, Reading } from '../access/call.ts';
import { requester } from '../access/rules/access.ts';
import { parametersOf } from '../applications/rules/parameters.ts';
import { askedSetting, type SettingTables } from '../applications/setting.ts';
import { approvalDemand } from '../clusters/rules/restore-approval.ts';
import type { Doorbell, EventsTable } from '../kernel/ports.ts';
import { isGeneratedName } from '../kernel/rules/names.ts';
import { ruleViolated } from '../kernel/rules/problem.ts';
import type { OperationsTable } from './ports.ts';
import { begin, createdEvent } from './rules/begin.ts';
import { type ApplyingCluster, type Manifest, manifestOf } from './rules/manifest.ts';
import type { NewOperation, Operation } from './rules/operation.ts';
import { judgeNamedBackup } from './rules/restores/named-backup.ts';
import { conflictingType } from './rules/restores/open-operation.ts';

export interface RequestedOperation {
  readonly operation: Operation;
  readonly manifest: Manifest;
  readonly warnings: readonly string[];
}

type DraftTables = SettingTables & AcceptanceTables & OperationsTable;

/**
 * The Operation that a request would make, with all defaults filled in. Nothing is written, so its manifest has no
 * position in the record yet.
 */
export async function draftOperation(call: Reading<DraftTables>, input: NewOperation): Promise<RequestedOperation> {
  const { cluster: _, ...requested } = await draftWithCluster(call, input);
  return requested;
}

async function draftWithCluster(
  call: Reading<DraftTables>,
  input: NewOperation,
): Promise<RequestedOperation & { readonly cluster: ApplyingCluster }> {
  const { tx, caller, now, vault } = call;
  const { type, name, engine, ttl, deliveryDeadlineSeconds } = input;
  const setting = await askedSetting(call, input.applicationInstanceId);
  if (type === 'Restore' && ttl !== undefined)
    throw ruleViolated('/ttl', 'A Restore has no time to live; leave ttl out.');
  if (name !== undefined && isGeneratedName(name)) {
    throw ruleViolated(
      '/name',
      'has the form of the names that schedules give to their Operations; choose another one.',
    );
  }
  const given = input.parameters ?? {};
  const parameters = parametersOf(type, given, setting.applicationClass.defaultParameters);
  const { cluster, state } = await operationTarget(call, setting);
  refuseUnaccepted({ type, parameters, given, ttlGiven: ttl !== undefined, pointer: '/parameters' }, cluster);
  const ofCopy =
    type === 'Restore' && 'backupName' in parameters ? await namedBackup(call, parameters.backupName, cluster) : [];
  const operation = begin(
    setting,
    {
      id: vault.newId(),
      type,
      ...{ engine, name, parameters, deliveryDeadlineSeconds },
      ...(type === 'Backup' && { ttl: { request: ttl, cadence: 'onDemand' } }),
      ...requester(caller),
    },
    now,
  );
  const { instance } = setting;
  const other = conflictingType(type);
  const open = other && (await tx.operations.openOf(instance.id, other));
  const approval = type === 'Restore' ? approvalDemand(cluster) : undefined;
  return {
    operation,
    cluster,
    manifest: manifestOf(operation, cluster),
    warnings: [
      ...ofCopy,
      ...(open === undefined
        ? []
        : [
            `The ${other} ${open} of the application is open in the cluster: the service keeps the Operation until its end.`,
          ]),
      ...(approval?.demanded === true
        ? [
            `The service keeps the Restore until it has an approval, for it is not sent without one. ${approval.because}`,
          ]
        : []),
      ...warningsNow(now, { parameters, instance }, cluster),
      ...warningsFor({ type, engine, parameters, instance, cluster, state }),
    ],
  };
}

async function namedBackup(
  { tx, caller, now }: Reading<DraftTables>,
  backupName: unknown,
  cluster: { readonly id: string; readonly name: string },
): Promise<readonly string[]> {
  if (typeof backupName !== 'string') return [];
  const found = await tx.operations.backupsNamed(caller.organizationId, backupName);
  const velerosBackup = await tx.operations.velerosBackup(cluster.id, backupName);
  return judgeNamedBackup({ backupName, cluster, velerosBackup }, found, now);
}

export type RequestTables = DraftTables & EventsTable;

/**
 * Records the Operation and that it is to be applied, in one transaction. Rings for its cluster once that has
 * committed.
 */
export async function requestOperation(
  call: Call<RequestTables>,
  doorbell: Doorbell,
  input: NewOperation,
): Promise<RequestedOperation> {
  const { tx, now } = call;
  const { cluster, ...requested } = await draftWithCluster(call, input);
  const recordPosition = await tx.operations.insertOwed(requested.operation, 'Apply');
  await tx.events.append([createdEvent(requested.operation, now)]);
  tx.afterCommit(() => doorbell.ring([requested.operation.clusterId]));
  return { ...requested, manifest: manifestOf({ ...requested.operation, recordPosition }, cluster) };
}
