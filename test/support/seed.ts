/** Rows to begin with, written in bulk: organizations, clusters, applications and schedules that are due. */

import type { Pool } from 'pg';
import { v7 } from 'uuid';

export interface Seeded {
  readonly organizationId: string;
  readonly clusterIds: readonly string[];
}

export interface SeedOptions {
  readonly scheduleCount: number;
  readonly clusterCount?: number;
  readonly schedule?: string;
  /** Instead of one expression for all: dealt out in turn. */
  readonly recurrences?: readonly { readonly schedule: string; readonly timeZone: string }[];
  /** SQL for the first slot; `n` is the number of the schedule, from 1. Default: a minute ago. */
  readonly nextFireAt?: string;
}

/**
 * Recurrences that are half a year away, so that a test can make slots of its own before them. The service repairs a next
 * slot that is later than its recurrence says, and lets an earlier one be.
 */
export function farRecurrences(expressionCount: number): { readonly schedule: string; readonly timeZone: string }[] {
  const month = ((new Date().getUTCMonth() + 6) % 12) + 1;
  return Array.from({ length: expressionCount }, (_, n) => `0 2 ${n + 1} ${month} *`).flatMap((schedule) =>
    ['Etc/UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata'].map((timeZone) => ({ schedule, timeZone })),
  );
}

/** Makes the rows in SQL: a hundred thousand schedules take seconds. One application instance a schedule. */
export async function seedSchedules(pool: Pool, options: SeedOptions): Promise<Seeded> {
  const {
    scheduleCount,
    clusterCount = 10,
    schedule = '*/5 * * * *',
    recurrences = [{ schedule, timeZone: 'Etc/UTC' }],
    nextFireAt = `date_trunc('minute', now()) - interval '1 minute'`,
  } = options;
  const organizationId = v7();
  const classId = v7();
  const clusterIds = Array.from({ length: clusterCount }, () => v7());
  await pool.query(
    `insert into organization (id, name, created_at, updated_at) values ($1::uuid, $1::uuid::text, now(), now())`,
    [organizationId],
  );
  await pool.query(
    `insert into application_class (id, name, retention, default_parameters, created_at, updated_at, revision)
     values ($1::uuid, $1::uuid::text, '{"hourly": "24h", "daily": "720h"}', '{"storageLocation": "aws-primary", "snapshotVolumes": true}', now(), now(), 1)`,
    [classId],
  );
  await pool.query(
    `insert into cluster (id, organization_id, name, server, created_at, updated_at, revision)
     select id, $1, 'cluster-' || n, 'https://127.0.0.1:1', now(), now(), 1 from unnest($2::uuid[]) with ordinality as c(id, n)`,
    [organizationId, clusterIds],
  );
  await pool.query(
    `with numbered as (
       select n, instance_id, schedule_id, ($2::uuid[])[1 + n % $3] as cluster_id
       from unnest($4::uuid[], $9::uuid[]) with ordinality as ids(instance_id, schedule_id, n)
     ), instances as (
       insert into application_instance (id, organization_id, cluster_id, application_class_id, namespace, name, created_at, updated_at, revision)
       select instance_id, $1, cluster_id, $5, 'org-' || n, 'app-' || n, now(), now(), 1 from numbered
     )
     insert into schedule (id, organization_id, application_instance_id, cluster_id, name, schedule, time_zone, suspend, cadence, template,
                           next_slot_at, next_fire_at, created_at, updated_at, revision)
     select schedule_id, $1, instance_id, cluster_id, 'often', ($6::text[])[1 + n % $7], ($8::text[])[1 + n % $7], false, 'hourly', '{}', ${nextFireAt}, ${nextFireAt}, now(), now(), 1 from numbered`,
    [
      organizationId,
      clusterIds,
      clusterCount,
      ids(scheduleCount),
      classId,
      recurrences.map(({ schedule }) => schedule),
      recurrences.length,
      recurrences.map(({ timeZone }) => timeZone),
      ids(scheduleCount),
    ],
  );
  return { organizationId, clusterIds };
}

/** As the service makes them: in the order of time, which is what an index of many rows feels. */
function ids(count: number): readonly string[] {
  return Array.from({ length: count }, () => v7());
}

/** Makes an Operation of the first schedule's application; `columns` are its own. Returns its id. */
export function seedOperation(pool: Pool, columns: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const id = String(columns.id ?? v7());
  return seedRow(pool, 'operation', ['organization_id', 'cluster_id', 'application_instance_id'], {
    ...{ name: id, namespace: 'apps', target: 'shop', type: 'Backup', engine: 'velero', parameters: '{}', ttl: '24h' },
    ...{ origin: 'request', requested_by: 'seed', phase: 'Pending', conditions: '[]', outputs: '{}', warnings: '[]' },
    ...{ created_at: new Date().toISOString(), revision: 1, ...columns, id },
  });
}

/** Makes what Velero states of a resource in the first schedule's cluster. Returns its id. */
export function seedVelero(pool: Pool, columns: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const id = String(columns.id ?? v7());
  const at = new Date().toISOString();
  return seedRow(pool, 'velero_resource', ['organization_id', 'cluster_id'], {
    ...{
      kind: 'Backup',
      name: id,
      uid: id,
      namespaces: '[]',
      validation_errors: '[]',
      phase: 'Completed',
      copied: true,
    },
    ...{ told: false, first_seen_at: at, seen_at: at, ...columns, id },
  });
}

async function seedRow(
  pool: Pool,
  table: string,
  ofSchedule: readonly string[],
  columns: Readonly<Record<string, unknown>> & { readonly id: string },
): Promise<string> {
  const inherited = ofSchedule.filter((column) => columns[column] === undefined);
  const names = [...inherited, ...Object.keys(columns)];
  const values = [...inherited, ...Object.keys(columns).map((_, n) => `$${n + 1}`)];
  await pool.query(
    `insert into ${table} (${names.join(', ')}) select ${values.join(', ')} from schedule order by schedule.id limit 1`,
    Object.values(columns),
  );
  return columns.id;
}
