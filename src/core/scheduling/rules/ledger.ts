/** The ledger of a schedule: what became of each slot. A long run of slots with one fate is one row with a count. */
import { z } from 'zod';
import { Id, Instant } from '../../kernel/rules/fields.ts';

export const FireOutcome = z.enum(['Fired', 'Late', 'Coalesced', 'Skipped', 'Deferred']).meta({
  id: 'FireOutcome',
  description:
    'Fired: an Operation was made within a minute of the time it was due. Late: an Operation was made later. Coalesced: several slots had passed, and a newer one was fired for all of them. Skipped: no Operation was or will be made. Deferred: the slot waits; the row changes when it is decided.',
});
export type FireOutcome = z.infer<typeof FireOutcome>;

export const FireReason = z
  .enum([
    'OnTime',
    'ServiceDown',
    'PreviousInFlight',
    'RestoreInFlight',
    'ClusterBusy',
    'Blackout',
    'DeadlineExceeded',
    'Missed',
    'Suspended',
    'ClusterSuspended',
    'OrganizationSuspended',
    'ScheduleChanged',
    'Triggered',
    'Backfilled',
    'Held',
  ])
  .meta({
    id: 'FireReason',
    description:
      'Why: a word for machines. Held: the schedule cannot be fired as it is stored; the slot waits until it is changed.',
  });
export type FireReason = z.infer<typeof FireReason>;

export const Fire = z
  .object({
    id: Id,
    scheduleId: Id,
    scheduledFor: Instant.describe('The slot; of a range, its first slot.'),
    lastScheduledFor: Instant.optional().describe('Of a range: its last slot.'),
    slotCount: z.int().min(1).describe('How many slots the row stands for.'),
    outcome: FireOutcome,
    reason: FireReason,
    operationId: Id.optional(),
    firedAt: Instant.describe('When it was decided.'),
    delayMs: z
      .int()
      .min(0)
      .describe('From the time that the slot was due (with its spread) to the decision, in milliseconds.'),
    triggeredBy: z.string().optional().describe('Who asked, of a fire that was asked for.'),
  })
  .meta({ id: 'Fire', description: 'What became of one slot, or of a range of slots, of a schedule.' });
export type Fire = z.infer<typeof Fire>;

/** What became of one slot, or of a run of slots. */
export interface Fate {
  readonly outcome: FireOutcome;
  readonly reason: FireReason;
  readonly first: string;
  readonly last: string;
  readonly count: number;
}

interface LedgerRow extends Fate {
  readonly schedule: { readonly id: string };
  readonly now: string;
  readonly offset: number;
  readonly id: string;
  readonly operationId?: string | undefined;
}

export function ledgerRow({
  schedule,
  outcome,
  reason,
  first,
  last,
  count,
  now,
  offset,
  id,
  operationId,
}: LedgerRow): Fire {
  return {
    id,
    scheduleId: schedule.id,
    scheduledFor: first,
    ...(count > 1 && { lastScheduledFor: last }),
    slotCount: count,
    outcome,
    reason,
    ...(operationId !== undefined && { operationId }),
    firedAt: now,
    delayMs: dueDelayMs(first, now, offset),
  };
}

export function dueDelayMs(slot: string, now: string, offset: number): number {
  return Math.max(0, Date.parse(now) - Date.parse(slot) - offset * 1000);
}
