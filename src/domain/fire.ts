/** The ledger of a schedule: what became of each slot. A long run of slots with one fate is one row with a count. */
import { z } from 'zod';
import { Id, Instant } from './common.ts';

export const FireOutcome = z.enum(['Fired', 'Late', 'Coalesced']).meta({
  id: 'FireOutcome',
  description:
    'Fired: an Operation was made within a minute of the slot. Late: an Operation was made later. Coalesced: slots that passed while nothing could fire; the newest of them was made up for by one late fire.',
});
export type FireOutcome = z.infer<typeof FireOutcome>;

export const Fire = z
  .object({
    id: Id,
    scheduleId: Id,
    scheduledFor: Instant.describe('The slot; of a range, its first slot.'),
    lastScheduledFor: Instant.optional().describe('Of a range: its last slot.'),
    slotCount: z.int().min(1).describe('How many slots the row stands for.'),
    outcome: FireOutcome,
    reason: z.string().describe('A CamelCase word, for example OnTime or ServiceDown.'),
    operationId: Id.optional(),
    firedAt: Instant.describe('When it was decided.'),
    delayMs: z.int().min(0).describe('From the slot to the decision, in milliseconds.'),
  })
  .meta({ id: 'Fire', description: 'What became of one slot, or of a range of slots, of a schedule.' });
export type Fire = z.infer<typeof Fire>;
