/**
 * Putting schedules aside that cannot be fired as they are stored. The first time, the schedule gets an event, and its
 * first slot a row in the ledger that says that it waits. Both are for people: when they cannot be written either, the
 * hold stays all the same.
 */
import type { Pool } from 'pg';
import { z } from 'zod';
import type { Bad } from '../../core/kernel/rules/broken/bad-rows.ts';
import { HeldReason, staleHeldSeconds } from '../../core/kernel/rules/broken/held-row.ts';
import { Instant } from '../../core/kernel/rules/fields.ts';
import { withConditions } from '../../core/scheduling/rules/broken/conditions.ts';
import { heldEvent } from '../../core/scheduling/rules/broken/held.ts';
import { type Fire, ledgerRow } from '../../core/scheduling/rules/ledger.ts';
import type { Schedule } from '../../core/scheduling/rules/schedule.ts';
import { heldReasonOf } from '../kit/batches/blame.ts';
import { type HeldRows, heldAs } from '../kit/batches/held-rows.ts';
import { inParts } from '../kit/batches/parts.ts';
import { appendEvents } from '../kit/events.ts';
import { fromRow, jsonRows } from '../kit/rows/shape.ts';
import { type Sql, select } from '../kit/sql.ts';
import { inTransaction } from '../kit/transaction.ts';
import { vault } from '../kit/vault.ts';
import { upsertFires } from './ledger.ts';

const about = `
  select id::text as "scheduleId", organization_id::text as "organizationId", cluster_id::text as "clusterId",
         application_instance_id::text as "applicationInstanceId", next_slot_at as "nextSlotAt"
  from schedule where id = any($1::uuid[])`;
const About = z.object({
  scheduleId: z.string(),
  organizationId: z.string(),
  clusterId: z.string(),
  applicationInstanceId: z.string(),
  nextSlotAt: z.unknown(),
});

export async function holdSchedules(
  pool: Pool,
  heldRows: HeldRows,
  bad: readonly Bad<string>[],
  now: string,
): Promise<void> {
  const fresh = await heldRows.putAside('fire-schedules', bad.map(heldAs('Schedule')), now);
  const messages = new Map(bad.map(({ item, error }) => [item, heldReasonOf(error).message]));
  await inParts(
    fresh.map(({ resourceId }) => resourceId),
    (ids) =>
      inTransaction(pool, async (client) => {
        const rows = About.array().parse((await client.query(about, [ids])).rows);
        await appendEvents(
          client,
          rows.map(({ nextSlotAt: _, ...ofSchedule }) =>
            heldEvent({ ...ofSchedule, at: now }, messages.get(ofSchedule.scheduleId) ?? ''),
          ),
        );
        const waiting = rows.flatMap(({ scheduleId, nextSlotAt }) => waitingRow(scheduleId, nextSlotAt, now));
        await client.query(upsertFires('$1'), [jsonRows(waiting)]);
        return { result: undefined, bad: [] };
      }),
  );
}

function waitingRow(id: string, nextSlotAt: unknown, now: string): Fire[] {
  if (!(nextSlotAt instanceof Date) || Number.isNaN(nextSlotAt.getTime())) return [];
  const slot = nextSlotAt.toISOString();
  const range = { first: slot, last: slot, count: 1 };
  return [
    ledgerRow({ ...range, schedule: { id }, outcome: 'Deferred', reason: 'Held', now, offset: 0, id: vault.newId() }),
  ];
}

const held = `
  select resource_id::text as id, reason, message, since, look_again_at from held_row
  where work = 'fire-schedules' and resource_id = any($1::uuid[]) and look_again_at > now() - interval '${staleHeldSeconds} seconds'`;
const Held = z.object({
  id: z.string(),
  reason: HeldReason,
  message: z.string(),
  since: Instant,
  lookAgainAt: Instant,
});

/** Schedules as the API shows them: one that cannot be fired says why. */
export async function shownSchedules<Row extends Schedule>(client: Sql, schedules: readonly Row[]): Promise<Row[]> {
  const rows = await select(client, held, [schedules.map(({ id }) => id)]);
  const byId = new Map(rows.map((row) => fromRow(Held, row)).map((each) => [each.id, each]));
  return schedules.map((schedule) => withConditions(schedule, byId.get(schedule.id)));
}
