/** The claims that prove to an operator that a Restore was approved. */

export interface ApprovalClaims {
  /** By id, of those of these Operations that were approved. Each is bound to the name of its Operation, and outlives its delivery. */
  of(operationIds: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

/** Nothing approves Restores yet: where an operator demands a claim, none is sent. */
export const noApprovalClaims: ApprovalClaims = { of: async () => new Map() };
