/**
 * Why a call to a cluster failed. The edge sorts every failure into one of these kinds, once, so that all rules decide
 * by the same few.
 */

/** A failure that may pass by itself, so that the call is worth repeating. */
interface Transient {
  readonly message: string;
  /** The cluster has surely done nothing, for example because no connection was made. */
  readonly untouched?: true;
}
export type ClusterFailure =
  | ({ readonly kind: 'Unreachable' } & Transient)
  | ({ readonly kind: 'Throttled'; readonly retryAfterSeconds?: number | undefined } & Transient)
  | ({
      readonly kind: 'ServerError';
      readonly retryAfterSeconds?: number | undefined;
      /** The answer is none that an API server gives: a redirect, a page, an error in another format. */
      readonly notApiServer?: true;
      /** The API server could not reach an admission webhook, so the request was not admitted. */
      readonly webhookFailing?: true;
    } & Transient)
  | { readonly kind: 'CredentialsRejected'; readonly message: string }
  | { readonly kind: 'Refused'; readonly status: number; readonly reason: string; readonly message: string };

/** The answer to a call: a failure, or the effect that it had. */
export type Answered = ClusterFailure | { readonly kind: 'Applied' | 'Deleted' | 'Absent' | 'Found' };
