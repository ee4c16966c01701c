/** Answers of clusters to applies, deletes and looks. */
import type { ClusterFailure } from '../../clusters/rules/failure.ts';
import { askedWaitSeconds } from '../../clusters/rules/throttling.ts';
import type { Observation } from '../../operations/rules/observation.ts';

/** What came of a call to a cluster. */
export type ClusterAnswer =
  | { readonly kind: 'Applied'; readonly uid: string; readonly warnings: readonly string[] }
  /** Being deleted. */
  | { readonly kind: 'Deleted'; readonly uid?: string | undefined }
  | { readonly kind: 'Absent' }
  /** What is there: looked for instead of applied, or not deleted because it has finished. */
  | { readonly kind: 'Found'; readonly observation: Observation }
  | ClusterFailure;

/** Whether a call that is answered so says the same of every other call to the cluster at this time. */
export function speaksForAll(answer: ClusterAnswer): answer is ClusterFailure {
  const { kind } = answer;
  return kind === 'Unreachable' || kind === 'CredentialsRejected' || askedWaitSeconds(answer) !== undefined;
}
