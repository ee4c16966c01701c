/**
 * What is known, when a Restore is asked for, of the copy that it names. A Restore of a copy that does not exist stays in
 * flight in the cluster until somebody ends it, and keeps every Backup of its application waiting.
 *
 *   refused    a Backup of that name was asked for here, and was never sent: there is no such copy
 *   warned     the copy may be there: made by others, expired, of a Backup that has not ended or has failed, or in another
 *              cluster
 *
 * Copies that others made may not be known here, so a name that is nowhere in the record is no reason to refuse.
 */
import { ruleViolated } from '../../../kernel/rules/problem.ts';
import { isTerminal, type Operation } from '../operation.ts';

/** A Backup of that name in the record of the organization. */
export interface NamedBackup {
  readonly operation: Pick<
    Operation,
    'name' | 'phase' | 'uid' | 'clusterId' | 'expiresAt' | 'resourceGoneAt' | 'contradiction' | 'createdAt'
  >;
  readonly unanswered: number;
  /** Of its cluster. */
  readonly clusterName: string;
  readonly copiesFrom?: string | undefined;
}

interface Wanted {
  readonly backupName: unknown;
  readonly cluster: { readonly id: string; readonly name: string };
}

/** Returns warnings. Throws the Refusal `rule-violated` when there is no such copy. */
export function judgeNamedBackup(
  { backupName, cluster }: Wanted,
  found: readonly NamedBackup[],
  now: string,
): readonly string[] {
  if (typeof backupName !== 'string') return [];
  const here = found.filter(({ operation }) => operation.clusterId === cluster.id);
  const named = here.find(isCopy) ?? found.find(isCopy) ?? here[0] ?? found[0];
  const field = `parameters.backupName: `;
  const look = 'List the recovery points (listRecoveryPoints) and take the name of one.';
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

function isCopy({ operation: { phase, contradiction } }: NamedBackup): boolean {
  return phase === 'Succeeded' || contradiction?.phase === 'Succeeded';
}
