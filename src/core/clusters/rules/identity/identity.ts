/**
 * Which cluster it is that answers at an address. The uid of the namespace kube-system is made with the cluster and
 * stays for its life, whatever its address or its name here.
 *
 *   another uid than before   the cluster was rebuilt: copies of before lived in the old one, and are not listed any more
 *   the uid of another one    the same API server is registered twice: well for other namespaces, else it is trouble
 *
 * Where the credentials may not read the namespace, nothing is known, and nothing changes.
 */
import type { ReportedCondition } from '../../../kernel/rules/condition.ts';
import type { Cluster } from '../cluster.ts';
import { clusterCondition } from '../reasons.ts';

export type Identity = Pick<Cluster, 'kubeSystemUid' | 'copiesFrom'>;

/** The identity after a check that found `uid`; `undefined` when nothing changes. */
export function identityAfter(known: Identity, uid: string | undefined, now: string): Identity | undefined {
  if (uid === undefined || uid === known.kubeSystemUid) return undefined;
  const rebuilt = known.kubeSystemUid !== undefined;
  return { ...known, kubeSystemUid: uid, ...(rebuilt && { copiesFrom: now }) };
}

export interface AroundIdentity {
  /** Names of other clusters of the organization that have the same uid. */
  readonly twins: readonly string[];
  /** Namespaces that have application instances both here and in one of them. */
  readonly sharedNamespaces: readonly string[];
  /** Copies of before the cluster was rebuilt that have not expired. */
  readonly lostCopyCount: number;
}

/** `undefined` while nothing is known. */
export function identityCondition(
  { kubeSystemUid, copiesFrom }: Identity,
  { twins, sharedNamespaces, lostCopyCount }: AroundIdentity,
): ReportedCondition | undefined {
  if (kubeSystemUid === undefined) return undefined;
  const condition = (status: 'True' | 'False', reason: 'Unique' | 'Rebuilt' | 'RegisteredTwice', message: string) =>
    clusterCondition('Identity', status, reason, message, '');
  if (copiesFrom !== undefined && lostCopyCount > 0)
    return condition(
      'False',
      'Rebuilt',
      `Another cluster answers here since ${copiesFrom}. ${lostCopyCount} copies that have not expired were made by the one before: they are not listed as recovery points any more, and protection does not count them. Make new backups.`,
    );
  if (sharedNamespaces.length > 0)
    return condition(
      'False',
      'RegisteredTwice',
      `The same API server is registered as ${twins.join(', ')}, and both have application instances in ${sharedNamespaces.join(', ')}: they are backed up twice. Retire those of one.`,
    );
  const also = twins.length === 0 ? '' : ` The same API server is ${twins.join(', ')} as well, for other namespaces.`;
  return condition('True', 'Unique', `The cluster is the one that was registered.${also}`);
}
