/** The fence before what a watch writes: under which lease it is written, and that the lease is lost. */

/** The lease that a write was made under is not the current one any more. What was written with it is undone. */
export class LeaseLost extends Error {
  constructor() {
    super('Another connector holds the cluster now.');
    this.name = 'LeaseLost';
  }
}

/**
 * Under which lease something is written. Whatever a watch writes carries one and is refused with LeaseLost, as a whole,
 * once another connector holds the cluster; while it is written nobody can take the cluster over. Writers that hold no
 * lease, as agents' events, give none.
 */
export interface Fence {
  readonly connectorId: string;
  readonly epoch: number;
}
