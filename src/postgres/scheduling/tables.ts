/** The tables of scheduling: schedules, their ledger, and blackout windows. A removed schedule keeps its ledger. */
import { z } from 'zod';
import type { BlackoutWindowsTable, FiresTable, SchedulesTable } from '../../core/scheduling/ports.ts';
import { BlackoutWindow } from '../../core/scheduling/rules/blackout.ts';
import { Fire } from '../../core/scheduling/rules/ledger.ts';
import { StoredSchedule } from '../../core/scheduling/rules/schedule.ts';
import type { Prisma } from '../generated/client.ts';
import { releaseRow } from '../kit/batches/held-rows.ts';
import { kindOf, pageOf, rowsOf } from '../kit/rows/rows.ts';
import { fromRow, jsonRows } from '../kit/rows/shape.ts';
import { selectThrough } from '../kit/sql.ts';
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

export function schedulingTables(client: Prisma.TransactionClient): SchedulesTable & FiresTable & BlackoutWindowsTable {
  const schedules = rowsOf(client, client.schedule, schedule);
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
        return (await client.schedule.count({ where: { id, organizationId } })) > 0;
      },
      async underWay({ id, clusterId, applicationInstanceId }) {
        const [row = {}] = await selectThrough(client, underWay, [id, clusterId, applicationInstanceId]);
        return fromRow(UnderWay, row);
      },
      async made(id, now) {
        const copies = await client.operation.aggregate({
          where: { scheduleId: id, type: 'Backup', phase: 'Succeeded', expiresAt: { gt: now } },
          _count: true,
          _max: { expiresAt: true },
        });
        const inFlightCount = await client.operation.count({
          where: { scheduleId: id, phase: { in: ['Pending', 'Running'] } },
        });
        const last = copies._max.expiresAt;
        return {
          copyCount: copies._count,
          ...(last !== null && { lastCopyExpiresAt: last.toISOString() }),
          inFlightCount,
        };
      },
      // The row stays, because its ledger and its Operations refer to it. It never fires again.
      async remove(organizationId, id) {
        await client.schedule.updateMany({
          where: { id, organizationId, deletedAt: null },
          data: { deletedAt: new Date(), nextFireAt: null, nextSlotAt: null },
        });
        await client.$executeRawUnsafe(releaseRow, id);
      },
    },
    fires: {
      async page(scheduleId, { from, to, ...query }) {
        const bounded = {
          ...(to !== undefined && { scheduledFor: { lte: to } }),
          ...(from !== undefined && { OR: [{ scheduledFor: { gte: from } }, { lastScheduledFor: { gte: from } }] }),
        };
        return pageOf(client.fire, Fire, { AND: [{ scheduleId }, bounded] }, query, 'scheduledFor');
      },
      async ahead(scheduleId, now, limit) {
        const after = { gt: now };
        const rows = await client.fire.findMany({
          where: { scheduleId, OR: [{ scheduledFor: after }, { lastScheduledFor: after }] },
          take: limit,
        });
        return rows.map((row) => fromRow(Fire, row));
      },
      async append(fires) {
        await client.$executeRawUnsafe(upsertFires('$1'), jsonRows(fires));
      },
      async replace(id, fires) {
        await client.fire.delete({ where: { id } });
        await client.$executeRawUnsafe(upsertFires('$1'), jsonRows(fires));
      },
    },
    blackoutWindows: rowsOf(client, client.blackoutWindow, blackoutWindow),
  };
}
