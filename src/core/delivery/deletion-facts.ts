/** What is known of a resource directly before it is deleted (rules/may-delete.ts). */
import { mayLeave, type TidyPorts } from '../tidying/tidy.ts';
import { type Deletion, type DeletionFacts, nothingKnown } from './rules/may-delete.ts';

export function deletionFactsOf(ports: Omit<TidyPorts, 'log'>): (deletion: Deletion) => Promise<DeletionFacts> {
  return async ({ reason, operation }) =>
    reason === 'Tidy' ? { ...nothingKnown, mayLeave: await mayLeave(ports, operation.id) } : nothingKnown;
}
