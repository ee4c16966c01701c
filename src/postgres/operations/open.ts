/** What an open Operation is, in SQL: as `isOpen` of src/core/operations/rules/restores/open-operation.ts says. */

/** In the words of the partial indexes: one has what is in flight, another what is so again. */
export function isOpen(operation = 'operation'): string {
  const o = operation;
  const first = `${o}.phase in ('Pending', 'Running') and (${o}.uid is not null or ${o}.unanswered > 0)`;
  const again = `${o}.type = 'Restore' and ${o}.in_flight_in_cluster is not null and ${o}.phase in ('Succeeded', 'Failed', 'Cancelled')`;
  return `(${first} or ${again})`;
}
