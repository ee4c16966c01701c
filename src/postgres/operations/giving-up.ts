/**
 * What is being given up, in SQL: as src/core/operations/rules/giving-up/withdraw.ts says. To be used beside the phase, so that few
 * rows are looked at.
 */
const has = (operation: string, condition: string) => `${operation}.conditions @> '[${condition}]'::jsonb`;

export function isWithdrawing(operation = 'operation'): string {
  return has(operation, '{"type": "Withdrawing", "status": "True"}');
}

/** What schedules wait for, and what counts for a limit: not what is being withdrawn. */
export function isInFlight(operation = 'operation'): string {
  return `${operation}.phase in ('Pending', 'Running') and not ${isWithdrawing(operation)}`;
}

/** What keeps a cluster from being retired: not what only its cluster could still end, and was told to. */
export function isHoldingUp(operation = 'operation'): string {
  return `${isInFlight(operation)} and not ${isOverdue(operation)} and ${operation}.cancel_requested_at is null`;
}

/** It is withdrawn, or was to be. */
export function hasWithdrawal(operation = 'operation'): string {
  return `${has(operation, '{"type": "Withdrawing"}')}`;
}

export function isOverdue(operation = 'operation'): string {
  return has(operation, '{"type": "Overdue", "status": "True"}');
}

/** Since when the condition is as it is. */
export function conditionSince(operation: string, type: 'Withdrawing' | 'Overdue' | 'Tidied'): string {
  return `(jsonb_path_query_first(${operation}.conditions, '$[*] ? (@.type == "${type}").lastTransitionTime') #>> '{}')::timestamptz`;
}
