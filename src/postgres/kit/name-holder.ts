/**
 * Says whose a name is when a write is refused because it is taken. A transaction that was refused answers no query any
 * more, so the holder is looked for before the write, and named only if the database then refuses it.
 */
import { Refusal } from '../../core/kernel/rules/problem.ts';
import { refusalOf } from './refusals.ts';
import type { Table, Where } from './rows/table.ts';

interface Named {
  /** The columns of the unique key that has the name. Empty: rows of this kind have no such key. */
  readonly nameKey: readonly string[];
  /** Narrows the rows that count, for example to what is not deleted. */
  readonly visible?: Where;
  /** Narrows the rows that hold a name, for example to what is not retired. */
  readonly holding?: Where;
}

/** Runs the write of `row`. The Refusal `already-exists` has the id of the row that holds its name, if there was one. */
export async function namingHolder<T>(
  table: Pick<Table, 'find'>,
  { nameKey, visible, holding }: Named,
  row: { readonly id: string },
  write: () => PromiseLike<T>,
): Promise<T> {
  const key = Object.fromEntries(Object.entries(row).filter(([column]) => nameKey.includes(column)));
  const holder =
    nameKey.length === 0 ? undefined : await table.find(key, visible ?? {}, holding ?? {}, { id: { not: row.id } });
  try {
    return await write();
  } catch (error) {
    const refusal = holder === undefined ? undefined : refusalOf(error);
    if (!(refusal instanceof Refusal) || refusal.code !== 'already-exists') throw error;
    const { message, errors } = refusal;
    throw new Refusal(refusal.problem, message, { errors, existingId: String(holder?.id) });
  }
}
