/**
 * Reads the conditions of a resource in a cluster. A cluster may hold anything, so a value that does not fit is absent
 * and never an error, and every text is cut to 1 KiB.
 */
import { z } from 'zod';
import { statedInstant } from '../../time/rules/instants.ts';
import { clip } from './condition.ts';

export const ObservedCount = z.coerce.number().int().min(0).optional().catch(undefined);
export const ObservedInstant = z.iso.datetime({ offset: true }).transform(statedInstant).optional().catch(undefined);
const Text = z.string().transform((text) => clip(text));

/** A condition that does not fit is `undefined` at its index. */
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
        reason: Text.optional(),
        message: Text.optional(),
        lastTransitionTime: ObservedInstant,
        observedGeneration: ObservedCount,
      })
      .optional()
      .catch(undefined),
  )
  .optional()
  .catch(undefined);
export type ObservedConditions = NonNullable<z.infer<typeof ObservedConditions>>;
