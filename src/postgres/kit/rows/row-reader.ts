/**
 * Reading many rows of one kind, each column checked by the domain's schema. Rows share most of their values, and
 * a check costs more than a look into a map: so of each column the values that were read last are remembered.
 */
import { z } from 'zod';
import { fromStored, type Row } from './shape.ts';

const rememberedCount = 1_000;

/**
 * Reads rows whose columns are named as in the domain. A row that does not fit is a defect: the error names the column.
 * Rows that hold the same document get the same object.
 */
export function rowReader<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
): (row: Row) => z.infer<typeof schema> {
  const columns = Object.entries(schema.shape).map(([name, field]) => ({ name, read: columnReader(name, field) }));
  return (row) => {
    const found: Record<string, unknown> = {};
    for (const { name, read } of columns) found[name] = read(row[name]);
    return found as z.infer<typeof schema>;
  };
}

function columnReader(name: string, field: z.core.$ZodType): (stored: unknown) => unknown {
  const known = new Map<unknown, unknown>();
  return (stored) => {
    const key = keyOf(stored);
    const found = known.get(key);
    if (found !== undefined || known.has(key)) return found;
    if (known.size >= rememberedCount) known.clear();
    const read = checked(name, field, stored === null ? undefined : fromStored(stored));
    known.set(key, read);
    return read;
  };
}

function checked(name: string, field: z.core.$ZodType, stored: unknown): unknown {
  const result = z.safeParse(field, stored);
  return result.success ? result.data : z.object({ [name]: field }).parse({ [name]: stored });
}

function keyOf(stored: unknown): unknown {
  if (stored instanceof Date) return stored.getTime();
  return typeof stored === 'object' && stored !== null ? JSON.stringify(stored) : stored;
}
