/**
 * What a wrong clock has put off: attempts, checks, pauses and looks that lie further ahead than any that the service
 * makes. They are due now. In one statement, over the few rows that wait for something.
 */
import type { Pool } from 'pg';
import { z } from 'zod';
import type { PutOff } from '../../core/clocks/ports.ts';
import { mayBeOwed } from '../operations/owed.ts';

/** An attempt waits for an hour at most, and a check for minutes. */
const waits = `$1::timestamptz + interval '2 hours'`;
/** The end of a blackout window, or the next slot, may be a day ahead. */
const slotWaits = `$1::timestamptz + interval '25 hours'`;

const bringForward = `
  with attempts as (
    update operation set next_attempt_at = $1, lease_id = null
    where ${mayBeOwed()} and next_attempt_at > ${waits} returning 1
  ), clusters as (
    update cluster set check_due_at = least(check_due_at, $1), tell_at = case when tell_at > ${waits} then $1 else tell_at end,
      throttled_until = case when throttled_until > ${waits} then null else throttled_until end
    where check_due_at > ${waits} or tell_at > ${waits} or throttled_until > ${waits} returning 1
  ), looks as (
    update schedule set next_fire_at = $1
    where deferred_reason is not null and not suspend and deleted_at is null and next_slot_at <= $1 and next_fire_at > ${slotWaits}
    returning 1
  )
  select (select count(*) from attempts)::int + (select count(*) from clusters)::int + (select count(*) from looks)::int as count`;

const Counted = z.tuple([z.object({ count: z.int() })]);

export function putOffOf(pool: Pool): PutOff {
  return {
    async bringForward(now) {
      return Counted.parse((await pool.query(bringForward, [now])).rows)[0].count;
    },
  };
}
