/** The conditions of a resource in a cluster, as they are read: loose and bounded. */
import { z } from 'zod';
import { clip } from './condition.ts';

/** Whatever does not fit is absent, never an error. */
export const ObservedCount = z.coerce.number().int().min(0).optional().catch(undefined);
export const ObservedInstant = z.iso.datetime({ offset: true }).optional().catch(undefined);
const Words = z.string().transform((text) => clip(text));

/** A condition that does not fit is `undefined` in its place. */
export const ObservedConditions = z
  .array(
    z
      .object({
        type: z
          .string()
          .min(1)
          .max(316)
          .transform((type) => clip(type)),
        status: z.enum(['True', 'False', 'Unknown']),
        reason: Words.optional(),
        message: Words.optional(),
        lastTransitionTime: ObservedInstant,
        observedGeneration: ObservedCount,
      })
      .optional()
      .catch(undefined),
  )
  .optional()
  .catch(undefined);
export type ObservedConditions = NonNullable<z.infer<typeof ObservedConditions>>;
