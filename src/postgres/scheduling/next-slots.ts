/** The next slots of all schedules, by recurrence: thousands of schedules share a few. */
import type { Pool } from 'pg';
import { z } from 'zod';
import { sift } from '../../core/kernel/rules/broken/bad-rows.ts';
import type { NextSlots } from '../../core/scheduling/ports.ts';
import { Schedule } from '../../core/scheduling/rules/schedule.ts';
import { columnsOf, selectOf } from '../kit/rows/columns.ts';
import { fromRow, jsonRows } from '../kit/rows/shape.ts';

const { schedule, at, timeZone, startsAt, endsAt, nextSlotAt } = Schedule.shape;
const recurrence = { schedule, at, timeZone, startsAt, endsAt, nextSlotAt: nextSlotAt.optional() };
const Recurring = z.object({ ...recurrence, isAccountedAhead: z.boolean() });
const Found = Schedule.pick({ id: true, organizationId: true, updatedAt: true });

const enabled = 's.deleted_at is null and not s.suspend';

const recurrences = `
  select ${selectOf(recurrence, 's')}, bool_or(s.accounted_until > $1) is true as "isAccountedAhead"
  from schedule s where ${enabled} and (s.next_slot_at > $1 or s.accounted_until > $1)
  group by ${columnsOf(recurrence, 's')}`;

const same = Object.keys(recurrence)
  .map((field) => columnsOf({ [field]: field }))
  .map((column) => `s.${column} is not distinct from g.${column}`)
  .join(' and ');

const schedulesOf = `
  select ${selectOf(Found.shape, 's')}
  from schedule s join json_populate_recordset(null::schedule, $1) g on ${same}
  where ${enabled} order by s.next_slot_at, s.id limit $2`;

export function nextSlotsOf(pool: Pool): NextSlots {
  return {
    async recurrences(after) {
      return sift((await pool.query(recurrences, [after])).rows, (row) => fromRow(Recurring, row)).made;
    },
    async schedulesOf(found, limit) {
      const rows = jsonRows(found.map(({ isAccountedAhead: _, ...each }) => each));
      return (await pool.query(schedulesOf, [rows, limit])).rows.map((row) => fromRow(Found, row));
    },
  };
}
