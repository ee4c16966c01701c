/** How long everything that goes to a cluster may take. Tests shorten these times; nothing else changes them. */
export interface Timings {
  /** TCP and TLS together. */
  readonly connectSeconds: number;
  /** A whole call: from waiting for a connection to the last byte of the answer. */
  readonly callSeconds: number;
  /** How often an HTTP/2 connection is pinged. A dead one is noticed after three to four of these. */
  readonly pingSeconds: number;
  /** One page of a list. */
  readonly pageSeconds: number;
  /** The cluster is asked to end each watch after a time between these two, so that not all end at once. */
  readonly watchSeconds: readonly [number, number];
  /**
   * A watch without a byte for this long counts as dead. API servers send a bookmark about each minute, if they have
   * one.
   */
  readonly silentSeconds: number;
  /** The back-off after a failed watch, from the first to the last ceiling, jittered over its whole range. */
  readonly backOffSeconds: readonly [number, number];
  /** A watch that lived this long was healthy: the next failure starts at the first back-off. */
  readonly healthySeconds: number;
  /** The wait after the cluster refused the list or the credentials: a person has to act first. */
  readonly refusedSeconds: readonly [number, number];
  /** How often everything is listed again, whatever the watch says. */
  readonly relistSeconds: readonly [number, number];
  /** After a watch that did not end by its own timeout, a list comes at the latest this long after the last list. */
  readonly relistAfterBreakSeconds: readonly [number, number];
  /** Between two lists of a scope that no connection is left to watch. */
  readonly pollSeconds: readonly [number, number];
  /** The same for what is optional. */
  readonly optionalPollSeconds: readonly [number, number];
  /** How often what is optional is tried again while the cluster does not allow it. */
  readonly optionalSeconds: readonly [number, number];
  /** How often the namespaces to watch are read while the whole cluster may not be listed. */
  readonly namespacesSeconds: readonly [number, number];
  /** How often the whole cluster is tried again while it may not be listed: rights may have been granted. */
  readonly wholeClusterSeconds: readonly [number, number];
  /** An unchanged state of the watch is reported again after this long, at the next occasion. */
  readonly repeatSeconds: number;
}

export const defaultTimings: Timings = {
  connectSeconds: 5,
  callSeconds: 15,
  pingSeconds: 5,
  pageSeconds: 30,
  watchSeconds: [300, 600],
  silentSeconds: 90,
  backOffSeconds: [0.8, 20],
  healthySeconds: 120,
  refusedSeconds: [10, 20],
  relistSeconds: [3240, 3960],
  relistAfterBreakSeconds: [10, 20],
  pollSeconds: [9, 11],
  optionalPollSeconds: [55, 65],
  optionalSeconds: [240, 360],
  namespacesSeconds: [10, 20],
  wholeClusterSeconds: [540, 660],
  repeatSeconds: 30,
};
