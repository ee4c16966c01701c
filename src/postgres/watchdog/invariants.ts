/** All broken invariants in one statement, put together from the parts of the subjects. */
import type { Pool } from 'pg';
import { z } from 'zod';
import { findings } from '../../core/catalogue.ts';
import { clockFindings } from '../../core/clocks/rules/findings.ts';
import { taskFindings } from '../../core/kernel/rules/finding.ts';
import type { Invariants } from '../../core/watchdog/ports.ts';
import { Finding, tolerance } from '../../core/watchdog/rules/findings.ts';
import { doubtedClocks } from '../clocks/findings.ts';
import { deliveryFindingParts } from '../delivery/findings.ts';
import { findingSelect } from '../kit/findings.ts';
import { fromRow } from '../kit/shape.ts';
import { operationFindingParts } from '../operations/findings.ts';
import { scheduleFindingParts } from '../scheduling/findings.ts';

const maxPerKind = 200;

const parts = Object.entries({ ...scheduleFindingParts, ...operationFindingParts, ...deliveryFindingParts })
  .map(([kind, part]) => findingSelect(kind, declared(kind), part))
  .join('\n  union all\n    ');

/** Tasks go by the server's real clock: see task-record.ts. */
const reported = (at: string) => `${at} > clock_timestamp() - interval '${tolerance.reportSeconds} seconds'`;
const lastSuccess = 'greatest(last_success_at, registered_at)';
const taskLimit = `greatest(${tolerance.taskSeconds}, ${tolerance.taskPeriods} * period_seconds) * interval '1 second'`;
const lateTasks = `${lastSuccess} as since, name, role, coalesce(${reported('run_at')}, false) as "isRun"
    from task where ${reported('seen_at')} and ${lastSuccess} < clock_timestamp() - ${taskLimit}`;

export const brokenInvariants = `
  with found (kind, "resourceType", id, organization_id, since) as (
    ${parts}
  ), late as (
    ${findingSelect('TaskNotSucceeding', taskFindings.TaskNotSucceeding, lateTasks)}
  union all
    ${findingSelect('ClockDoubted', clockFindings.ClockDoubted, doubtedClocks)}
  ), everything as (
    select kind, "resourceType", since, id, organization_id, null as name, null as role, null::boolean as "isRun" from found
  union all
    select kind, "resourceType", since, null, null, name, role, "isRun" from late
  ), numbered as (
    select *, count(*) over (partition by kind)::int as total, row_number() over (partition by kind order by since, id, name) as place from everything
  )
  select kind, "resourceType", id as "resourceId", organization_id as "organizationId", name, since, total, role, "isRun"
  from numbered where place <= ${maxPerKind} order by kind, since, id, name`;

function declared(kind: string) {
  const row = findings[kind];
  if (row === undefined) throw new Error(`No subject declares the finding ${kind}.`);
  return row;
}

const BrokenRow = Finding.omit({ whatToDo: true }).extend({
  total: z.int(),
  role: z.string().optional(),
  isRun: z.boolean().optional(),
});

export function invariantsOf(pool: Pool): Invariants {
  return {
    async broken(now) {
      const { rows } = await pool.query({ name: 'broken-invariants', text: brokenInvariants, values: [now] });
      return rows.map((row) => fromRow(BrokenRow, row));
    },
  };
}
