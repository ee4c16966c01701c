/** Why a call to a cluster failed: sorted once, at the edge, so that every rule after it speaks of the same few kinds. */

/** `untouched`: the cluster has surely done nothing, for example because no connection was made. */
export interface Passing {
  readonly message: string;
  readonly untouched?: true;
}
export type ClusterFailure =
  | ({ readonly kind: 'Unreachable' } & Passing)
  | ({ readonly kind: 'Throttled'; readonly retryAfterSeconds?: number | undefined } & Passing)
  | ({ readonly kind: 'ServerError'; readonly retryAfterSeconds?: number | undefined } & Passing)
  | { readonly kind: 'CredentialsRejected'; readonly message: string }
  | { readonly kind: 'Refused'; readonly status: number; readonly reason: string; readonly message: string };

/** The answer to a call: a failure, or something that the cluster made of it. */
export type Answered = ClusterFailure | { readonly kind: 'Applied' | 'Deleted' | 'Absent' | 'Found' };
