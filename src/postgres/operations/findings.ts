/** Operations that break an invariant. */
import type { operationFindings } from '../../core/operations/rules/findings.ts';
import { tolerance } from '../../core/watchdog/rules/findings.ts';
import { before, type FindingParts } from '../kit/findings.ts';

/** With the class's deadlines; Operations that others made have none. */
const ours = `operation o
      join application_instance i on i.id = o.application_instance_id
      join application_class c on c.id = i.application_class_id
    where o.phase in ('Pending', 'Running') and o.origin <> 'cluster'`;
const runningSince = `coalesce(greatest(o.started_at, o.delivered_at), o.created_at)`;
const past = (since: string, seconds: string) =>
  `${since} + (c.${seconds} + ${tolerance.pastDeadlineSeconds}) * interval '1 second' < $1`;

export const operationFindingParts: FindingParts<keyof typeof operationFindings> = {
  OperationWithoutEvent: `o.id, o.organization_id, o.created_at
    from operation o
    where o.created_at > ${before(tolerance.historySeconds)} and o.origin <> 'cluster' and not exists (select from event e where e.operation_id = o.id)`,
  OperationReturned: `o.id, o.organization_id, min(r.seen_at)
    from returned_resource r join operation o on o.id = r.operation_id
    where r.gone_at is null and r.seen_at < ${before(60)}
    group by o.id, o.organization_id`,
  OperationOfFutureSlot: `o.id, o.organization_id, least(o.created_at, $1::timestamptz)
    from operation o
    where o.created_at > ${before(tolerance.historySeconds)} and o.scheduled_for > ${before(-tolerance.aheadSeconds)}`,
  OperationNotStarted: `o.id, o.organization_id, o.delivered_at
    from ${ours} and o.phase = 'Pending' and ${past('o.delivered_at', 'pending_deadline_seconds')}`,
  OperationRunningTooLong: `o.id, o.organization_id, ${runningSince}
    from ${ours} and o.phase = 'Running' and ${past(runningSince, 'running_deadline_seconds')}`,
};
