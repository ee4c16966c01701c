/** All broken invariants in one statement, put together from the parts of the subjects. */
import type { Pool, QueryConfig } from 'pg';
import { z } from 'zod';
import { findings } from '../../core/catalogue.ts';
import { clockFindings } from '../../core/clocks/rules/findings.ts';
import { staleHeldSeconds } from '../../core/kernel/rules/broken/held-row.ts';
import { taskFindings } from '../../core/kernel/rules/finding.ts';
import type { Invariants } from '../../core/watchdog/ports.ts';
import { type BrokenRow as Broken, Finding, tolerance } from '../../core/watchdog/rules/findings.ts';
import { doubtedClocks } from '../clocks/findings.ts';
import { clusterFindingParts } from '../clusters/findings.ts';
import { deliveryFindingParts } from '../delivery/findings.ts';
import { blameOf, heldReasonOf } from '../kit/batches/blame.ts';
import { before, detailedSelect, findingSelect } from '../kit/findings.ts';
import { shownRow } from '../kit/rows/shape.ts';
import { detailedOperationFindings, operationFindingParts } from '../operations/findings.ts';
import { scheduleFindingParts } from '../scheduling/findings.ts';

const maxPerKind = 200;

const parts: Readonly<Record<string, string>> = {
  ...clusterFindingParts,
  ...scheduleFindingParts,
  ...operationFindingParts,
  ...deliveryFindingParts,
  ...detailedOperationFindings,
};

/** Tasks go by the server's real clock: see task-record.ts. */
const reported = (at: string) => `${at} > clock_timestamp() - interval '${tolerance.reportSeconds} seconds'`;
const lastSuccess = 'greatest(last_success_at, registered_at)';
const taskLimit = `greatest(${tolerance.taskSeconds}, ${tolerance.taskPeriods} * period_seconds) * interval '1 second'`;
const lateTasks = `${lastSuccess} as since, name, role, coalesce(${reported('run_at')}, false) as "isRun"
    from task where ${reported('seen_at')} and ${lastSuccess} < clock_timestamp() - ${taskLimit}`;

/** The columns and their types, and no row. */
const nothing = `select null::text as kind, null::text as "resourceType", null::uuid as id, null::uuid as organization_id, null::timestamptz as since, null::text as detail where false`;

/** One finding for each row, whichever works pass it over. */
const heldRows = `
    select 'RowHeld' as kind, resource_type as "resourceType", min(since) as since, resource_id as id,
           (array_agg(organization_id))[1] as organization_id, nullif(name, '') as name,
           string_agg(format('%s (%s): %s', work, reason, message), ' ' order by work) as detail
    from held_row where look_again_at > ${before(staleHeldSeconds)} group by resource_type, resource_id, name`;

/** The statement for these kinds, and for tasks and rows that are held. */
const statement = (kinds: readonly string[]) => `
  with found (kind, "resourceType", id, organization_id, since, detail) as (
    ${[nothing, ...kinds.map((kind) => detailedSelect(kind, declared(kind), parts[kind] ?? '', Object.hasOwn(detailedOperationFindings, kind)))].join('\n  union all\n    ')}
  ), late as (
    ${findingSelect('TaskNotSucceeding', taskFindings.TaskNotSucceeding, lateTasks)}
  union all
    ${findingSelect('ClockDoubted', clockFindings.ClockDoubted, doubtedClocks)}
  ), held as (${heldRows}
  ), everything as (
    select kind, "resourceType", since, id, organization_id, null as name, null as role, null::boolean as "isRun", detail from found
  union all
    select kind, "resourceType", since, null, null, name, role, "isRun", null from late
  union all
    select kind, "resourceType", since, id, organization_id, name, null, null, detail from held
  ), numbered as (
    select *, count(*) over (partition by kind)::int as total, row_number() over (partition by kind order by since, id, name) as place from everything
  )
  select kind, "resourceType", id as "resourceId", organization_id as "organizationId", name, since, total, role, "isRun", detail
  from numbered where place <= ${maxPerKind} order by kind, since, id, name`;

/** All kinds in one statement. */
export const brokenInvariants = statement(Object.keys(parts));

function declared(kind: string) {
  const row = findings[kind];
  if (row === undefined) throw new Error(`No subject declares the finding ${kind}.`);
  return row;
}

const BrokenRow = Finding.omit({ whatToDo: true }).extend({
  total: z.int(),
  role: z.string().optional(),
  isRun: z.boolean().optional(),
  detail: z.string().optional(),
});

export function invariantsOf(pool: Pool): Invariants {
  const look = async (query: QueryConfig, now: string): Promise<readonly Broken[]> =>
    (await pool.query({ ...query, values: [now] })).rows.map((row) => shownRow(BrokenRow, row));
  return {
    async broken(now) {
      try {
        return await look({ name: 'broken-invariants', text: brokenInvariants }, now);
      } catch (error) {
        if (blameOf(error) !== 'Row') throw error;
        return brokenByKind(look, now);
      }
    },
  };
}

/** A row that one kind cannot be looked for over hides only that kind, which is then a finding itself. */
async function brokenByKind(
  look: (query: QueryConfig, now: string) => Promise<readonly Broken[]>,
  now: string,
): Promise<readonly Broken[]> {
  const found = [...(await look({ text: statement([]) }, now))];
  for (const kind of Object.keys(parts)) {
    try {
      found.push(...(await look({ text: statement([kind]) }, now)).filter((each) => each.kind === kind));
    } catch (error) {
      if (blameOf(error) !== 'Row') throw error;
      const detail = `${kind}: ${heldReasonOf(error).message}`;
      found.push({ kind: 'InvariantNotChecked', resourceType: 'Task', name: kind, since: now, total: 1, detail });
    }
  }
  return found;
}
