/** What is known of a resource directly before it is deleted (rules/may-delete.ts). */
import { mayLeave, type TidyPorts } from '../tidying/tidy.ts';
import type { VeleroWords } from '../velero/ports.ts';
import { isEngineIdle } from '../velero/rules/engine-end.ts';
import { type Deletion, type DeletionFacts, nothingKnown } from './rules/may-delete.ts';

export interface DeletionFactsPorts extends Omit<TidyPorts, 'log'> {
  readonly veleroWords: VeleroWords;
}

export function deletionFactsOf(ports: DeletionFactsPorts): (deletion: Deletion) => Promise<DeletionFacts> {
  return async ({ reason, operation: { id } }) => {
    if (reason === 'Tidy') return { ...nothingKnown, mayLeave: await mayLeave(ports, id) };
    if (reason === 'Cancel') return nothingKnown;
    const words = await ports.veleroWords.of([id]);
    return { ...nothingKnown, engineIdle: isEngineIdle(words.get(id)) };
  };
}
