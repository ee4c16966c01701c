/** Values inside JSON that PostgreSQL has built: its timestamps are not ISO 8601 in UTC, and NULL is absence. */
import { z } from 'zod';

export const At = z.union([z.date(), z.string()]).transform((at) => new Date(at).toISOString());

export function nullAsAbsent<T extends z.ZodType>(schema: T) {
  return schema.nullish().transform((value) => value ?? undefined);
}
