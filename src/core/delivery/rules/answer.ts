/** Answers of clusters to applies, deletes and looks. */
import type { ClusterFailure } from '../../clusters/rules/failure.ts';
import { askedWaitSeconds } from '../../clusters/rules/throttling.ts';
import type { Observation } from '../../operations/rules/observed/observation.ts';
import type { DeletionVerdict } from './may-delete.ts';

/** How a cluster answered a call. */
export type ClusterAnswer =
  | { readonly kind: 'Applied'; readonly uid: string; readonly warnings: readonly string[] }
  /** The cluster is deleting the resource. */
  | { readonly kind: 'Deleted'; readonly uid?: string | undefined }
  | { readonly kind: 'Absent' }
  /** The resource is there: it was looked for instead of applied, or not deleted for the reason that was given. */
  | { readonly kind: 'Found'; readonly observation: Observation; readonly verdict?: Exclude<DeletionVerdict, 'Delete'> }
  | ClusterFailure;

/** Whether every other call to the cluster would be answered in the same way at this time. */
export function speaksForAll(answer: ClusterAnswer): answer is ClusterFailure {
  const { kind } = answer;
  return kind === 'Unreachable' || kind === 'CredentialsRejected' || askedWaitSeconds(answer) !== undefined;
}
