/**
 * How tasks do, in one row for each name. Times are the server's own, as with leases: a test's clock does not reach them.
 * A process says how long ago something happened by its own clock, so clocks that differ do no harm.
 *
 * A time that lies ahead was written before the server's clock was set back; the next report brings it down to now.
 * After a gap without any report (everything was stopped, the database was away, its clock was set forward) a task is
 * registered anew, and is not late before its periods have passed again.
 */
import type { Pool } from 'pg';
import type { TaskRecord } from '../../core/kernel/task.ts';
import { tolerance } from '../../core/watchdog/rules/findings.ts';

const forgottenAfterSeconds = 24 * 3600;

const notAhead = (column: string) =>
  `case when t.${column} > excluded.seen_at then excluded.seen_at else t.${column} end`;

/** In the order of the names, so that two processes wait for each other and do not meet crosswise. */
const report = `
  with given as (
    select g.*, clock_timestamp() as now
    from json_to_recordset($1) g (name text, role text, period_seconds float8, runs_here boolean, succeeded_seconds_ago float8)
  ), forgotten as (
    delete from task where name in (
      select name from task
      where seen_at < clock_timestamp() - interval '${forgottenAfterSeconds} seconds' and name not in (select name from given)
      for update skip locked)
  )
  insert into task as t (name, role, period_seconds, registered_at, seen_at, run_at, last_success_at)
  select name, role, period_seconds, now, now, case when runs_here then now end, now - succeeded_seconds_ago * interval '1 second'
  from given order by name
  on conflict (name) do update set
    role = excluded.role,
    period_seconds = excluded.period_seconds,
    registered_at = case when t.seen_at < excluded.seen_at - interval '${tolerance.reportSeconds} seconds'
                         then excluded.registered_at else ${notAhead('registered_at')} end,
    seen_at = excluded.seen_at,
    run_at = coalesce(excluded.run_at, ${notAhead('run_at')}),
    last_success_at = greatest(${notAhead('last_success_at')}, excluded.last_success_at)`;

export function taskRecordOf(pool: Pool): TaskRecord {
  return {
    async report(standings) {
      const rows = standings.map(({ name, role, everySeconds, runsHere, succeededSecondsAgo }) => ({
        name,
        role,
        period_seconds: everySeconds,
        runs_here: runsHere,
        succeeded_seconds_ago: succeededSecondsAgo,
      }));
      await pool.query({ name: 'report-tasks', text: report, values: [JSON.stringify(rows)] });
    },
  };
}
