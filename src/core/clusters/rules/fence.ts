/**
 * The fence before the writes of a watch. One connector at a time holds a cluster, by a lease with an epoch. A connector
 * that was stopped and has lost its lease unnoticed must write nothing any more.
 */

/** The lease of a write is not the current one any more. The transaction of the write is rolled back. */
export class LeaseLost extends Error {
  constructor() {
    super('Another connector holds the cluster now.');
    this.name = 'LeaseLost';
  }
}

/**
 * The lease of a write. The store refuses the whole write with LeaseLost once another connector holds the cluster, and
 * nobody can take the cluster over while it writes. Writers without a lease, such as those of agents' events, give none.
 */
export interface Fence {
  readonly connectorId: string;
  readonly epoch: number;
}
