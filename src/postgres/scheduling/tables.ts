/** The tables of scheduling: schedules, their ledger, and blackout windows. A removed schedule keeps its ledger. */
import { z } from 'zod';
import { Instant } from '../../core/kernel/rules/fields.ts';
import type { BlackoutWindowsTable, FiresTable, SchedulesTable } from '../../core/scheduling/ports.ts';
import { BlackoutWindow } from '../../core/scheduling/rules/blackout.ts';
import { Fire } from '../../core/scheduling/rules/ledger.ts';
import { StoredSchedule } from '../../core/scheduling/rules/schedule.ts';
import { releaseRow } from '../kit/batches/held-rows.ts';
import { kindOf, pageOf, rowsOf } from '../kit/rows/rows.ts';
import { fromRow, jsonRows } from '../kit/rows/shape.ts';
import { tableOf } from '../kit/rows/table.ts';
import { run, type Sql, select } from '../kit/sql.ts';
import { isInFlight, isWithdrawing } from '../operations/giving-up.ts';
import { isOpen } from '../operations/open.ts';
import { shownSchedules } from './held-schedules.ts';
import { upsertFires } from './ledger.ts';

const schedule = {
  ...kindOf('schedule', 'schedule', StoredSchedule, 'organizationId', ['applicationInstanceId', 'name']),
  visible: { deletedAt: null },
};
const blackoutWindow = kindOf('blackout window', 'blackout_window', BlackoutWindow, 'organizationId', [
  'organizationId',
  'name',
]);

const open = isInFlight();
const underWay = `
  select (select count(*)::int from operation where cluster_id = $2::uuid and ${open}) as in_cluster_count,
         (select max(name) from operation where schedule_id = $1::uuid and ${open}) as of_schedule,
         (select max(name) from operation where application_instance_id = $3::uuid and ${isOpen()} and not ${isWithdrawing()} and type = 'Restore') as restore`;
const UnderWay = z.object({
  inClusterCount: z.int(),
  ofSchedule: z.string().optional(),
  restore: z.string().optional(),
});

const made = `
  select (select count(*)::int from operation where schedule_id = $1::uuid and type = 'Backup' and phase = 'Succeeded' and expires_at > $2::timestamptz) as copy_count,
         (select max(expires_at) from operation where schedule_id = $1::uuid and type = 'Backup' and phase = 'Succeeded' and expires_at > $2::timestamptz) as last_copy_expires_at,
         (select count(*)::int from operation where schedule_id = $1::uuid and phase in ('Pending', 'Running')) as in_flight_count`;
const Made = z.object({ copyCount: z.int(), lastCopyExpiresAt: Instant.optional(), inFlightCount: z.int() });
const remove = `
  update schedule set deleted_at = now(), next_fire_at = null, next_slot_at = null
  where id = $1::uuid and organization_id = $2::uuid and deleted_at is null`;

export function schedulingTables(client: Sql): SchedulesTable & FiresTable & BlackoutWindowsTable {
  const schedules = rowsOf(client, schedule);
  const fires = tableOf(client, 'fire');
  return {
    schedules: {
      ...schedules,
      async find(organizationId, id) {
        const found = await schedules.find(organizationId, id);
        return found && (await shownSchedules(client, [found]))[0];
      },
      async page(organizationId, query) {
        const page = await schedules.page(organizationId, query);
        return { ...page, items: await shownSchedules(client, page.items) };
      },
      async existed(organizationId, id) {
        return (await tableOf(client, 'schedule').find({ id, organizationId })) !== undefined;
      },
      async underWay({ id, clusterId, applicationInstanceId }) {
        const [row = {}] = await select(client, underWay, [id, clusterId, applicationInstanceId]);
        return fromRow(UnderWay, row);
      },
      async made(id, now) {
        const [row = {}] = await select(client, made, [id, now]);
        return fromRow(Made, row);
      },
      // The row stays, because its ledger and its Operations refer to it. It never fires again.
      async remove(organizationId, id) {
        await run(client, remove, id, organizationId);
        await run(client, releaseRow, id);
      },
    },
    fires: {
      async page(scheduleId, { from, to, ...query }) {
        const bounded = {
          ...(to !== undefined && { scheduledFor: { lte: to } }),
          ...(from !== undefined && { or: [{ scheduledFor: { gte: from } }, { lastScheduledFor: { gte: from } }] }),
        };
        return pageOf(fires, Fire, { scheduleId, ...bounded }, query, 'scheduledFor');
      },
      async ahead(scheduleId, now, limit) {
        const after = { gt: now };
        const rows = await fires.page(
          { by: 'scheduledFor', limit },
          { scheduleId, or: [{ scheduledFor: after }, { lastScheduledFor: after }] },
        );
        return rows.map((row) => fromRow(Fire, row));
      },
      async append(rows) {
        await run(client, upsertFires('$1'), jsonRows(rows));
      },
      async replace(id, rows) {
        await fires.remove({ id });
        await run(client, upsertFires('$1'), jsonRows(rows));
      },
    },
    blackoutWindows: rowsOf(client, blackoutWindow),
  };
}
