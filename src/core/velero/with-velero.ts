/** Operations with what Velero itself states of them, as the API shows them. */

import type { EngineWord } from '../operations/rules/engine-word.ts';
import type { Operation } from '../operations/rules/operation.ts';
import type { VeleroWords } from './ports.ts';
import { countsOf } from './rules/better-times.ts';
import type { SeenWord } from './rules/velero-resource.ts';

/** With one statement for all of them. */
export async function withVelero(
  { veleroWords }: { readonly veleroWords: VeleroWords },
  operations: readonly Operation[],
): Promise<Operation[]> {
  const words = await veleroWords.of(operations.map(({ id }) => id));
  return operations.map((operation) => {
    const word = words.get(operation.id);
    return word === undefined ? operation : { ...progressOf(word), ...operation, velero: engineWord(word) };
  });
}

/** Operators state no progress: Velero's counts are it. */
function progressOf({ totalItems, itemsDone }: SeenWord): Pick<Operation, 'progress'> {
  if (itemsDone === undefined) return {};
  return { progress: { itemsDone, ...(totalItems !== undefined && { totalItems }) } };
}

function engineWord(word: SeenWord): EngineWord {
  const { phase, queuePosition, startedAt, completedAt, expiresAt, lastSeenAt, goneAt } = word;
  const message = [...word.validationErrors, ...(word.failureReason === undefined ? [] : [word.failureReason])];
  return {
    phase,
    ...(queuePosition !== undefined && { queuePosition }),
    ...(startedAt !== undefined && { startedAt }),
    ...(completedAt !== undefined && { completedAt }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...countsOf(word),
    ...(message.length > 0 && { message: message.join('; ') }),
    lastSeenAt,
    ...(goneAt !== undefined && { goneAt }),
  };
}
