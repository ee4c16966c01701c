/**
 * All broken invariants in one statement. Each part reads an index over the few rows that matter now, or the rows of
 * the last day by a block range index over when they were made: history costs nothing.
 */

import type { Pool } from 'pg';
import { z } from 'zod';
import type { Invariants } from '../core/watchdog/ports.ts';
import { Finding, type FindingKind, tolerance } from '../core/watchdog/rules/findings.ts';
import { fromRow } from './kit/shape.ts';

const maxPerKind = 200;

/** `before(seconds)` is the instant so long before now. */
const before = (seconds: number) => `($1::timestamptz - interval '${seconds} seconds')`;
const finding = (kind: FindingKind, type: Finding['resourceType']) =>
  `select '${kind}' as kind, '${type}' as "resourceType"`;
/** In the words of the partial index: what has ended is not read. */
const inFlight = `phase in ('Pending', 'Running')`;
/** With the class's deadlines; what others made has none. */
const ours = `operation o
      join application_instance i on i.id = o.application_instance_id
      join application_class c on c.id = i.application_class_id
    where o.phase in ('Pending', 'Running') and o.origin <> 'cluster'`;
const runningSince = `coalesce(greatest(o.started_at, o.delivered_at), o.created_at)`;
const past = (since: string, seconds: string) =>
  `${since} + (c.${seconds} + ${tolerance.pastDeadlineSeconds}) * interval '1 second' < $1`;
const recent = before(tolerance.historySeconds);
/** Tasks go by the server's real clock: see task-record.ts. */
const reported = (at: string) => `${at} > clock_timestamp() - interval '${tolerance.reportSeconds} seconds'`;
const lastSuccess = 'greatest(last_success_at, registered_at)';
const taskLimit = `greatest(${tolerance.taskSeconds}, ${tolerance.taskPeriods} * period_seconds) * interval '1 second'`;

export const brokenInvariants = `
  with found as (
    ${finding('ScheduleOverdue', 'Schedule')}, id, organization_id, next_fire_at as since
    from schedule where next_fire_at < ${before(tolerance.overdueSeconds)}
  union all
    ${finding('ScheduleWithoutNextFire', 'Schedule')}, id, organization_id, updated_at
    from schedule
    where next_fire_at is null and deleted_at is null and (not suspend or resume_at is not null)
      and (next_slot_at is not null or (schedule is not null and ends_at is null))
  union all
    ${finding('FireWithoutOperation', 'Fire')}, f.id, s.organization_id, f.fired_at
    from fire f join schedule s on s.id = f.schedule_id
    where f.fired_at > ${recent} and f.outcome in ('Fired', 'Late')
      and not exists (select from operation o where o.id = f.operation_id)
  union all
    ${finding('OperationWithoutEvent', 'Operation')}, o.id, o.organization_id, o.created_at
    from operation o
    where o.created_at > ${recent} and o.origin <> 'cluster' and not exists (select from event e where e.operation_id = o.id)
  union all
    ${finding('OperationUndelivered', 'Operation')}, id, organization_id, deliver_before
    from operation
    where ${inFlight} and phase = 'Pending' and delivered_at is null and deliver_before < ${before(tolerance.pastDeadlineSeconds)}
  union all
    ${finding('OperationNotStarted', 'Operation')}, o.id, o.organization_id, o.delivered_at
    from ${ours} and o.phase = 'Pending' and ${past('o.delivered_at', 'pending_deadline_seconds')}
  union all
    ${finding('OperationRunningTooLong', 'Operation')}, o.id, o.organization_id, ${runningSince}
    from ${ours} and o.phase = 'Running' and ${past(runningSince, 'running_deadline_seconds')}
  union all
    ${finding('DeliveryLeaseExpired', 'Operation')}, id, organization_id, next_attempt_at
    from operation
    where owed is not null and lease_id is not null and next_attempt_at < ${before(tolerance.leaseSeconds)}
      and cluster_id not in (select id from cluster where throttled_until is not null and throttled_until > ${before(tolerance.leaseSeconds)})
  ), late as (
    ${finding('TaskNotSucceeding', 'Task')}, ${lastSuccess} as since, name, role, coalesce(${reported('run_at')}, false) as "isRun"
    from task where ${reported('seen_at')} and ${lastSuccess} < clock_timestamp() - ${taskLimit}
  ), everything as (
    select kind, "resourceType", since, id, organization_id, null as name, null as role, null::boolean as "isRun" from found
  union all
    select kind, "resourceType", since, null, null, name, role, "isRun" from late
  ), numbered as (
    select *, count(*) over (partition by kind)::int as total, row_number() over (partition by kind order by since, id, name) as place from everything
  )
  select kind, "resourceType", id as "resourceId", organization_id as "organizationId", name, since, total, role, "isRun"
  from numbered where place <= ${maxPerKind} order by kind, since, id, name`;

const Found = Finding.omit({ whatToDo: true }).extend({
  total: z.int(),
  role: z.string().optional(),
  isRun: z.boolean().optional(),
});

export function invariantsOf(pool: Pool): Invariants {
  return {
    async broken(now) {
      const { rows } = await pool.query({ name: 'broken-invariants', text: brokenInvariants, values: [now] });
      return rows.map((row) => fromRow(Found, row));
    },
  };
}
