/**
 * Whether a cluster would accept an Operation, asked before anything is sent: refuses what its operator is known not to
 * accept, and returns the warnings.
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
type Looking = Pick<Reading<AcceptanceTables>, 'tx' | 'caller'>;

/** What an Operation of this setting meets. */
export interface OperationTarget {
  readonly cluster: Cluster;
  readonly state: ApplicationState | undefined;
}

export async function operationTarget(
  { tx, caller }: Looking,
  { instance }: Pick<Setting, 'instance'>,
): Promise<OperationTarget> {
  const cluster = await own(tx.clusters, caller, 'cluster', instance.clusterId);
  const states = await tx.clusterApplications.statesOf([instance.id]);
  return { cluster, state: states.get(instance.id) };
}

/** The backups of a schedule as the acceptance rules see them. */
export interface ScheduledBackup {
  readonly template: { readonly parameters?: object | undefined };
  readonly ttl?: string | undefined;
}

export function wantedParameters(
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

/** Throws the Refusal `rule-violated` for a schedule whose backups the cluster's operator is known not to accept. */
export async function acceptSchedule(
  looking: Looking,
  setting: Setting,
  schedule: ScheduledBackup,
): Promise<readonly string[]> {
  const { cluster, state } = await operationTarget(looking, setting);
  const wanted = wantedParameters(setting, schedule);
  refuseUnaccepted(wanted, cluster);
  return warningsFor({ ...proposedOf(wanted), instance: setting.instance, cluster, state });
}

/** For a schedule that exists: what would be refused is a warning. */
export async function scheduleWarnings(
  looking: Looking,
  setting: Setting,
  schedule: ScheduledBackup,
): Promise<readonly string[]> {
  const { cluster, state } = await operationTarget(looking, setting);
  const wanted = wantedParameters(setting, schedule);
  return [
    ...refusalsAsWarnings(unacceptedErrors(wanted, cluster)),
    ...warningsFor({ ...proposedOf(wanted), instance: setting.instance, cluster, state }),
  ];
}

function proposedOf({ type, parameters }: WantedParameters) {
  return { type, parameters: { ...parameters } };
}
