/** What an open Operation is, in SQL: as `isOpen` of src/core/operations/rules/restores/open-operation.ts says. */

/** The words about the phase are those of the partial indexes. */
export function isOpen(operation = 'operation'): string {
  return `${operation}.phase in ('Pending', 'Running') and (${operation}.uid is not null or ${operation}.unanswered > 0)`;
}
