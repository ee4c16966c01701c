/** The tables of applications: classes, instances, retention overrides, and the mirror of what clusters state. */
import { z } from 'zod';
import type {
  ApplicationClassesTable,
  ApplicationInstancesTable,
  ClusterApplicationsTable,
  RetentionOverridesTable,
} from '../../core/applications/ports.ts';
import { ApplicationClass, StoredApplicationInstance } from '../../core/applications/rules/application.ts';
import { sameServer } from '../clusters/identity.ts';
import { kindOf, rowsOf } from '../kit/rows/rows.ts';
import { fromRow, shownRow } from '../kit/rows/shape.ts';
import { tableOf } from '../kit/rows/table.ts';
import { run, type Sql, select } from '../kit/sql.ts';
import { isInFlight } from '../operations/giving-up.ts';
import { clusterApplicationRows } from './cluster-applications.ts';
import { overrideRows } from './overrides.ts';

const applicationClass = kindOf('application class', 'application_class', ApplicationClass, undefined, ['name']);
const applicationInstance = {
  ...kindOf('application instance', 'application_instance', StoredApplicationInstance, 'organizationId', [
    'clusterId',
    'namespace',
    'name',
  ]),
  holding: { retiredAt: null },
};

const ofClass = `
  select count(*) filter (where retired_at is null)::int as instance_count,
         count(*) filter (where retired_at is not null)::int as retired_instance_count,
         (select count(*)::int from protection_plan where application_class_id = $1::uuid and organization_id = $2::uuid) as protection_plan_count
  from application_instance where application_class_id = $1::uuid and organization_id = $2::uuid`;
const ClassReferrers = z.object({
  instanceCount: z.int(),
  retiredInstanceCount: z.int(),
  protectionPlanCount: z.int(),
});

export function applicationTables(
  client: Sql,
): ApplicationClassesTable & ApplicationInstancesTable & RetentionOverridesTable & ClusterApplicationsTable {
  return {
    applicationClasses: {
      ...rowsOf(client, applicationClass),
      async named(name) {
        const row = await tableOf(client, 'application_class').find({ name });
        return row === undefined ? undefined : shownRow(ApplicationClass, row);
      },
      async referrers(organizationId, id) {
        const [row = {}] = await select(client, ofClass, [id, organizationId]);
        return fromRow(ClassReferrers, row);
      },
    },
    overrides: overrideRows(client),
    applicationInstances: instanceRows(client),
    clusterApplications: clusterApplicationRows(client),
  };
}

const referrers = `
  select (select count(*)::int from schedule where application_instance_id = $1::uuid and deleted_at is null) as schedule_count,
         (select count(*)::int from schedule where application_instance_id = $1::uuid and deleted_at is not null) as removed_schedule_count,
         count(*)::int as operation_count, count(*) filter (where ${isInFlight()})::int as open_operation_count
  from operation where application_instance_id = $1::uuid and origin <> 'cluster'`;
const twin = `
  select k.name from cluster k join application_instance i on i.cluster_id = k.id and i.namespace = $2 and i.retired_at is null
    and i.id is distinct from $3::uuid
  where k.id <> $1::uuid and k.id in (${sameServer('$1::uuid')}) order by k.name limit 1`;
const Referrers = z.object({
  scheduleCount: z.int(),
  removedScheduleCount: z.int(),
  operationCount: z.int(),
  openOperationCount: z.int(),
});

function instanceRows(client: Sql): ApplicationInstancesTable['applicationInstances'] {
  const rows = rowsOf(client, applicationInstance);
  return {
    ...rows,
    async referrers(id) {
      const [row = {}] = await select(client, referrers, [id]);
      return fromRow(Referrers, row);
    },
    async twinWith(clusterId, namespace, exceptId) {
      const [row] = await select(client, twin, [clusterId, namespace, exceptId ?? null]);
      return row === undefined ? undefined : String(row.name);
    },
    async retire(instance) {
      await run(client, 'delete from protection where application_instance_id = $1::uuid', instance.id);
      return rows.update(instance);
    },
    async move(instance) {
      const { id, clusterId } = instance;
      const ofSchedules = `
        update schedule set cluster_id = $2::uuid, revision = revision + 1
        where application_instance_id = $1::uuid and deleted_at is null and cluster_id <> $2::uuid`;
      const moved = await rows.update(instance);
      await run(client, ofSchedules, id, clusterId);
      return moved;
    },
  };
}
