/**
 * Putting schedules aside that cannot be fired as they are stored. The first time, the schedule gets an event, and its
 * first slot a row in the ledger that says that it waits. Both are for people: when they cannot be written either, the
 * hold stays all the same.
 */
import type { Pool } from 'pg';
import { z } from 'zod';
import type { Bad } from '../../core/kernel/rules/broken/bad-rows.ts';
import { heldEvent } from '../../core/scheduling/rules/broken/held.ts';
import { type Fire, ledgerRow } from '../../core/scheduling/rules/ledger.ts';
import { heldReasonOf } from '../kit/batches/blame.ts';
import { type HeldRows, heldAs } from '../kit/batches/held-rows.ts';
import { inParts } from '../kit/batches/parts.ts';
import { appendEvents } from '../kit/events.ts';
import { jsonRows } from '../kit/shape.ts';
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
