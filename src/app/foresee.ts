/** What the cluster would say to the backups of a schedule, as far as it is known before any is sent there. */
import { forebodings, refuseUnaccepted } from '../domain/accepted-parameters.ts';
import type { Schedule } from '../domain/schedule.ts';
import { own, type Reading } from './call.ts';

type Described = Pick<Schedule, 'applicationInstanceId' | 'clusterId' | 'template' | 'ttl'>;

/**
 * Throws the Refusal `rule-violated` for parameters that the cluster's operator is known not to accept; says what is
 * doubtful. Parameters are those of the template over the application class's.
 */
export async function foresee(
  { tx, caller }: Pick<Reading, 'tx' | 'caller'>,
  { applicationInstanceId, clusterId, template, ttl }: Described,
): Promise<readonly string[]> {
  const instance = await own(tx.applicationInstances, caller, 'application instance', applicationInstanceId);
  const applicationClass = await own(tx.applicationClasses, caller, 'application class', instance.applicationClassId);
  const cluster = await own(tx.clusters, caller, 'cluster', clusterId);
  const given = template.parameters ?? {};
  const parameters = { ...applicationClass.defaultParameters, ...given };
  const pointer = '/template/parameters';
  refuseUnaccepted({ type: 'Backup', parameters, given, ttlGiven: ttl !== undefined, pointer }, cluster);
  return forebodings({ type: 'Backup', parameters }, cluster, instance.namespace);
}
