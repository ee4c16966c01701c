/**
 * The table of protection plans, with the schedules that they make. All schedules of a plan are read, locked and
 * written in a few statements, whatever their number. A fire holds the lock of its schedule and refers to the
 * application. So applications are locked only `for no key update`: under a stronger lock, a plan and a fire would wait
 * for each other.
 */

import { ApplicationClass, ApplicationInstance } from '../../core/applications/rules/application.ts';
import { Cluster } from '../../core/clusters/rules/cluster.ts';
import type { Rows } from '../../core/kernel/ports.ts';
import { Refusal } from '../../core/kernel/rules/problem.ts';
import type { ProtectionPlans, ProtectionPlansTable } from '../../core/protection-plans/ports.ts';
import { StoredProtectionPlan } from '../../core/protection-plans/rules/protection-plan.ts';
import { StoredSchedule } from '../../core/scheduling/rules/schedule.ts';
import { releaseRow } from '../kit/batches/held-rows.ts';
import { assignmentsOf } from '../kit/rows/columns.ts';
import { kindOf, rowsOf } from '../kit/rows/rows.ts';
import { jsonRows, shownRow } from '../kit/rows/shape.ts';
import { tableOf } from '../kit/rows/table.ts';
import { run, type Sql, select } from '../kit/sql.ts';
import { scheduleColumns } from '../scheduling/columns.ts';
import { upsertFires } from '../scheduling/ledger.ts';

const instances = `select * from application_instance where organization_id = $1::uuid and %s order by id for no key update`;
const ofInstances = `
  select * from schedule where application_instance_id = any($1::uuid[]) and deleted_at is null order by id for update`;
const insert = `
  insert into schedule (${scheduleColumns})
  select ${scheduleColumns} from json_populate_recordset(null::schedule, $1::json)
  on conflict do nothing returning id`;
// The rows are locked, so a field that no plan decides is written as it was read.
const changing = StoredSchedule.omit({ revision: true });
const update = `
  update schedule s set ${assignmentsOf(changing.shape, 'n')}, revision = s.revision + 1
  from json_populate_recordset(null::schedule, $1::json) n where s.id = n.id`;
const remove = `
  update schedule set deleted_at = $2::timestamptz, next_fire_at = null, next_slot_at = null, revision = revision + 1
  where id = any($1::uuid[])`;

export function protectionPlanTables(client: Sql): ProtectionPlansTable {
  const kind = kindOf('protection plan', 'protection_plan', StoredProtectionPlan, 'organizationId', [
    'organizationId',
    'name',
  ]);
  return { protectionPlans: planRows(client, rowsOf(client, kind)) };
}

function planRows(client: Sql, rows: Rows<StoredProtectionPlan>): ProtectionPlans {
  return {
    ...rows,
    async findNamed(organizationId, name) {
      const row = await tableOf(client, 'protection_plan').find({ organizationId, name });
      return row === undefined ? undefined : shownRow(StoredProtectionPlan, row);
    },
    async lockInstance(organizationId, id) {
      const [row] = await select(client, instances.replace('%s', 'id = $2::uuid'), [organizationId, id]);
      return row === undefined ? undefined : shownRow(ApplicationInstance, row);
    },
    async lockApplied(organizationId, planId) {
      const found = await select(client, instances.replace('%s', 'protection_plan_id = $2::uuid'), [
        organizationId,
        planId,
      ]);
      return found.map((row) => shownRow(ApplicationInstance, row));
    },
    async surroundingsOf(instances) {
      const clusterIds = new Set(instances.map(({ clusterId }) => clusterId));
      const classIds = new Set(instances.map(({ applicationClassId }) => applicationClassId));
      const clusters = await select(client, 'select * from cluster where id = any($1::uuid[])', [[...clusterIds]]);
      const ofIds = 'select * from application_class where id = any($1::uuid[])';
      const classes = await select(client, ofIds, [[...classIds]]);
      return {
        clusters: clusters.map((row) => shownRow(Cluster, row)),
        applicationClasses: classes.map((row) => shownRow(ApplicationClass, row)),
      };
    },
    async lockSchedules(applicationInstanceIds) {
      if (applicationInstanceIds.length === 0) return [];
      return (await select(client, ofInstances, [[...applicationInstanceIds]])).map((row) =>
        shownRow(StoredSchedule, row),
      );
    },
    async write(steps, now) {
      // Names are freed before they are taken.
      if (steps.removed.length > 0)
        await run(
          client,
          remove,
          steps.removed.map(({ id }) => id),
          now,
        );
      if (steps.changed.length > 0) await run(client, update, jsonRows(steps.changed));
      for (const { id } of steps.changed) await run(client, releaseRow, id);
      if (steps.made.length > 0) {
        const made = await select(client, insert, [jsonRows(steps.made)]);
        if (made.length < steps.made.length) {
          throw new Refusal(
            'already-exists',
            "A schedule with the name of a plan's was made meanwhile; look, and repeat.",
          );
        }
      }
      if (steps.fires.length > 0) await run(client, upsertFires('$1'), jsonRows(steps.fires));
    },
  };
}
