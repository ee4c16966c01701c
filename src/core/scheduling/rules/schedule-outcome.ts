/**
 * How the Operations of a schedule end: the last end, the last good copy, and how many failed since the last copy. They
 * are read from the Operations when somebody asks, so nothing of them is stored with the schedule.
 */
import { z } from 'zod';
import { Id, Instant } from '../../kernel/rules/fields.ts';
import { GoodCopy } from '../../operations/rules/good-copy.ts';
import { Phase } from '../../operations/rules/operation.ts';

/** A streak of failures is counted no further than this. */
export const maxFailuresInARow = 1000;

const ScheduleOutcome = z
  .object({
    operationId: Id,
    scheduledFor: Instant.describe('The slot.'),
    phase: Phase.describe('Succeeded, Failed or Cancelled.'),
    partial: z.boolean().describe('true: the engine could not process everything.'),
    reason: z.string().optional().describe('The reason of the condition for this end. Absent when none was stated.'),
    message: z.string().optional().describe('Its message, for people.'),
    at: Instant.describe('When it ended.'),
  })
  .meta({ id: 'ScheduleOutcome', description: 'How an Operation of the schedule ended.' });

export const outcomeFields = {
  lastOutcome: ScheduleOutcome.optional().describe(
    'How the Operation of the newest slot that has ended did end. Only in answers to GET; absent before the first end.',
  ),
  lastGoodCopy: GoodCopy.optional().describe('Only in answers to GET; absent before the first good copy.'),
  failuresInARow: z
    .int()
    .min(0)
    .optional()
    .describe(
      `How many of its Operations failed, or made a copy without items, since the last one that made a copy. Counted up to ${maxFailuresInARow}. Only in answers to GET.`,
    ),
};

export const ScheduleOutcomes = z.object(outcomeFields);
export type ScheduleOutcomes = z.infer<typeof ScheduleOutcomes>;
