/**
 * What is known, when a Restore is asked for, of the copy that it names. A Restore of a copy that does not exist stays in
 * flight in the cluster until somebody ends it, and keeps every Backup of its application waiting.
 *
 *   refused    a Backup of that name was asked for here, and was never sent; or all Backups of Velero in the cluster are
 *              known, and none has that name: there is no such copy
 *   warned     the copy may be there: made by others, expired, of a Backup that has not ended or has failed, or in another
 *              cluster
 *
 * Where Velero may not be looked at, copies that others made may not be known here, so a name that is nowhere in the
 * record is no reason to refuse. Nor is a Backup that is not there yet, or has just ended: Velero's word may be on its way.
 */
import { z } from 'zod';
import { ruleViolated } from '../../../kernel/rules/problem.ts';
import { shifted } from '../../../time/rules/slots.ts';
import { isTerminal, type Operation } from '../operation.ts';

/** A Backup of that name in the record of the organization. */
export interface NamedBackup {
  readonly operation: Pick<
    Operation,
    | 'name'
    | 'phase'
    | 'uid'
    | 'clusterId'
    | 'expiresAt'
    | 'resourceGoneAt'
    | 'contradiction'
    | 'createdAt'
    | 'finishedAt'
  >;
  readonly unanswered: number;
  /** Of its cluster. */
  readonly clusterName: string;
  readonly copiesFrom?: string | undefined;
}

/** Whether Velero has a Backup of the name in the cluster. Missing only where all of them are known. */
export const VelerosBackup = z.enum(['There', 'Missing', 'Unknown']);
export type VelerosBackup = z.infer<typeof VelerosBackup>;

interface Wanted {
  readonly backupName: string;
  readonly cluster: { readonly id: string; readonly name: string };
  readonly velerosBackup: VelerosBackup;
}

/** So long after its end Velero's Backup is seen at the latest: the watch is behind, or Velero has yet to sync. */
const seenWithinSeconds = 300;

/** Returns warnings. Throws the Refusal `rule-violated` when there is no such copy. */
export function judgeNamedBackup(
  { backupName, cluster, velerosBackup }: Wanted,
  found: readonly NamedBackup[],
  now: string,
): readonly string[] {
  const here = found.filter(({ operation }) => operation.clusterId === cluster.id);
  const named = here.find(isCopy) ?? found.find(isCopy) ?? here[0] ?? found[0];
  const field = `parameters.backupName: `;
  const look = 'List the recovery points (listRecoveryPoints) and take the name of one.';
  if (velerosBackup === 'Missing' && !(named !== undefined && isOnItsWay(named, now)))
    throw ruleViolated(
      '/parameters/backupName',
      `names ${backupName}, and Velero of ${cluster.name} has no Backup of that name: the Restore would fail there. ${elsewhere(named, cluster)}${look}`,
    );
  if (named === undefined && velerosBackup === 'There') return [];
  if (named === undefined)
    return [
      `${field}no Backup ${backupName} is known here. If others made it, Velero of ${cluster.name} has to know it; else the Restore fails there. ${look}`,
    ];
  const { operation, unanswered, clusterName, copiesFrom } = named;
  const { phase, uid, expiresAt } = operation;
  if (!isCopy(named) && isTerminal(phase) && uid === undefined && unanswered === 0)
    throw ruleViolated(
      '/parameters/backupName',
      `names the Backup ${backupName}, which is ${phase} and never reached its cluster: there is no such copy. ${look}`,
    );
  const warnings: string[] = [];
  if (!isTerminal(phase)) warnings.push(`the Backup ${backupName} is ${phase}: its copy is not there yet.`);
  else if (!isCopy(named)) warnings.push(`the Backup ${backupName} is ${phase}: whether it left a copy is not known.`);
  else if (expiresAt !== undefined && expiresAt <= now)
    warnings.push(`the copy ${backupName} expired at ${expiresAt}: Velero has probably deleted it. ${look}`);
  if (copiesFrom !== undefined && operation.createdAt < copiesFrom)
    warnings.push(`the copy ${backupName} was made before ${clusterName} was rebuilt or retired, at ${copiesFrom}.`);
  if (operation.clusterId !== cluster.id)
    warnings.push(
      `the copy ${backupName} was made in ${clusterName}. It can be restored in ${cluster.name} only if Velero there uses the same storage location.`,
    );
  return warnings.map((warning) => field + warning);
}

function isOnItsWay({ operation: { phase, finishedAt, createdAt } }: NamedBackup, now: string): boolean {
  return !isTerminal(phase) || shifted(finishedAt ?? createdAt, seenWithinSeconds) > now;
}

function elsewhere(named: NamedBackup | undefined, cluster: Wanted['cluster']): string {
  if (named === undefined || named.operation.clusterId === cluster.id) return '';
  return `It was made in ${named.clusterName}: Velero of ${cluster.name} sees it once it has the same storage location. `;
}

function isCopy({ operation: { phase, contradiction } }: NamedBackup): boolean {
  return phase === 'Succeeded' || contradiction?.phase === 'Succeeded';
}
