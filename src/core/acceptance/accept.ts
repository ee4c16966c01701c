/**
 * Whether a cluster would accept an Operation, decided before anything is sent there. Parameters that its operator is
 * known not to accept are refused (rules/accepted-parameters.ts). Everything else that may go wrong is a warning
 * (rules/warnings.ts).
 */
import { own, type Reading } from '../access/call.ts';
import type { ClusterApplicationsTable } from '../applications/ports.ts';
import type { ApplicationState } from '../applications/rules/cluster-application.ts';
import type { Setting } from '../applications/rules/setting.ts';
import type { ClustersTable } from '../clusters/ports.ts';
import type { Cluster } from '../clusters/rules/cluster.ts';
import {
  refusalsAsWarnings,
  refuseUnaccepted,
  unacceptedErrors,
  type WantedParameters,
} from './rules/accepted-parameters.ts';
import { warningsFor } from './rules/warnings.ts';

export type AcceptanceTables = ClustersTable & ClusterApplicationsTable;
type ReadCall = Pick<Reading<AcceptanceTables>, 'tx' | 'caller'>;

/** The cluster that an Operation is for, and the reported state of its application. */
export interface OperationTarget {
  readonly cluster: Cluster;
  readonly state: ApplicationState | undefined;
}

export async function operationTarget(
  { tx, caller }: ReadCall,
  { instance }: Pick<Setting, 'instance'>,
): Promise<OperationTarget> {
  const cluster = await own(tx.clusters, caller, 'cluster', instance.clusterId);
  const states = await tx.clusterApplications.statesOf([instance.id]);
  return { cluster, state: states.get(instance.id) };
}

/** The fields of a schedule that decide whether its backups are accepted. */
export interface ScheduledBackup {
  readonly template: { readonly parameters?: object | undefined };
  readonly ttl?: string | undefined;
}

function wantedParameters(
  { applicationClass }: Pick<Setting, 'applicationClass'>,
  { template, ttl }: ScheduledBackup,
): WantedParameters {
  const given = template.parameters ?? {};
  return {
    type: 'Backup',
    parameters: { ...applicationClass.defaultParameters, ...given },
    given,
    ttlGiven: ttl !== undefined,
    pointer: '/template/parameters',
  };
}

/**
 * Returns warnings. Throws the Refusal `rule-violated` when the operator is known not to accept the backups of the
 * schedule.
 */
export async function acceptSchedule(
  call: ReadCall,
  setting: Setting,
  schedule: ScheduledBackup,
): Promise<readonly string[]> {
  const { cluster, state } = await operationTarget(call, setting);
  const wanted = wantedParameters(setting, schedule);
  refuseUnaccepted(wanted, cluster);
  return warningsFor({ ...proposedOf(wanted), instance: setting.instance, cluster, state });
}

/** For a schedule that exists: what `acceptSchedule` would refuse is a warning. */
export async function scheduleWarnings(
  call: ReadCall,
  setting: Setting,
  schedule: ScheduledBackup,
): Promise<readonly string[]> {
  const { cluster, state } = await operationTarget(call, setting);
  const wanted = wantedParameters(setting, schedule);
  return [
    ...refusalsAsWarnings(unacceptedErrors(wanted, cluster)),
    ...warningsFor({ ...proposedOf(wanted), instance: setting.instance, cluster, state }),
  ];
}

function proposedOf({ type, parameters }: WantedParameters) {
  return { type, parameters: { ...parameters } };
}
