/** Operations that break an invariant. */
import type { operationFindings } from '../../core/operations/rules/findings.ts';
import { tolerance } from '../../core/watchdog/rules/findings.ts';
import { before, type FindingParts } from '../kit/findings.ts';
import { conditionSince, isOverdue, isWithdrawing } from './giving-up.ts';
import { longWaits } from './restore-waits.ts';

/** With the class's deadlines; Operations that others made have none. */
const ours = `operation o
      join application_instance i on i.id = o.application_instance_id
      join application_class c on c.id = i.application_class_id
    where o.phase in ('Pending', 'Running') and o.origin <> 'cluster'`;
const runningSince = `coalesce(greatest(o.started_at, o.delivered_at), o.created_at)`;
const past = (since: string, seconds: string) =>
  `${since} + (c.${seconds} + ${tolerance.pastDeadlineSeconds}) * interval '1 second' < $1`;

export const operationFindingParts: FindingParts<Exclude<keyof typeof operationFindings, 'EndedOperationBlocked'>> = {
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
  BackupsWaitForRestore: `r.id, r.organization_id, w.since from ${longWaits}`,
  OperationNotStarted: `o.id, o.organization_id, o.delivered_at
    from ${ours} and o.phase = 'Pending' and not ${isWithdrawing('o')} and ${past('o.delivered_at', 'pending_deadline_seconds')}`,
  OperationRunningTooLong: `o.id, o.organization_id, ${runningSince}
    from ${ours} and o.phase = 'Running' and not ${isOverdue('o')} and ${past(runningSince, 'running_deadline_seconds')}`,
  // Of those that have not ended, and of those that had ended with their resource left in the cluster.
  WithdrawalNotDone: `o.id, o.organization_id, ${conditionSince('o', 'Withdrawing')}
    from (
      select * from operation where phase in ('Pending', 'Running') and ${isWithdrawing()}
      union
      select * from operation where deletion_reason = 'Withdraw' and next_attempt_at is not null and ${isWithdrawing()}
    ) o
    where ${conditionSince('o', 'Withdrawing')} < ${before(tolerance.withdrawalSeconds)}`,
  RestoreOverdue: `o.id, o.organization_id, ${conditionSince('o', 'Overdue')}
    from operation o where o.phase in ('Pending', 'Running') and ${isOverdue('o')}`,
  DeletionStuck: `o.id, o.organization_id, o.deleting_since
    from operation o where o.deleting_since < ${before(tolerance.deletionSeconds)} and o.deletion_reason is distinct from 'Tidy'`,
  TidyingNotDone: `o.id, o.organization_id, ${conditionSince('o', 'Tidied')}
    from operation o
    where o.deletion_reason = 'Tidy' and o.next_attempt_at is not null and ${conditionSince('o', 'Tidied')} < ${before(tolerance.tidyingSeconds)}`,
};

const blocked = `'[{"type": "Blocked", "status": "True"}]'`;
const condition = `jsonb_path_query_first(o.conditions, '$[*] ? (@.type == "Blocked")')`;

/** SQL: Operations that have ended here, and that their cluster states as blocked. `o` is one. In the words of an index. */
export const endedAndBlocked = `operation o where o.conditions @> ${blocked} and o.phase in ('Succeeded', 'Failed', 'Cancelled') and o.origin <> 'cluster'`;
export const blockedSince = `(${condition} ->> 'lastTransitionTime')::timestamptz`;
export const blockedMessage = `${condition} ->> 'message'`;

export const detailedOperationFindings: FindingParts<'EndedOperationBlocked'> = {
  EndedOperationBlocked: `o.id, o.organization_id, ${blockedSince}, format('%s %s (%s here) is blocked: %s', o.type, o.name, o.phase, ${blockedMessage})
    from ${endedAndBlocked} and ${blockedSince} < ${before(tolerance.blockedSeconds)}`,
};
