/**
 * The protection of an application: whether it can be restored, and how much would be lost. Here are the shape that the
 * API answers with, and the facts from which judge-protection.ts judges it.
 */
import { z } from 'zod';
import { Id, Instant } from '../../kernel/rules/fields.ts';
import { DnsLabel } from '../../kernel/rules/names.ts';
import { GoodCopy } from '../../operations/rules/good-copy.ts';
import { Phase } from '../../operations/rules/operation.ts';
import type { Waiting } from '../../operations/rules/waiting.ts';
import { Cadence } from '../../time/rules/cadence.ts';
import { TargetSources } from './protection-target.ts';

/** From the best to the worst; the index is the severity. */
const protectionStatuses = ['Protected', 'AtRisk', 'Breached', 'Unprotected'] as const;

export const ProtectionStatus = z.enum(protectionStatuses).meta({
  id: 'ProtectionStatus',
  description:
    'Protected: the last good copy is within its target, and the next one will come in time. AtRisk: a problem may lead to a breach; `reason` names it. Breached: the last good copy is older than its target, or no good copy was made in time. Unprotected: there is no copy that can be restored, and no schedule that fires.',
});
export type ProtectionStatus = z.infer<typeof ProtectionStatus>;

export function severityOf(status: ProtectionStatus): number {
  return protectionStatuses.indexOf(status);
}

export const ProtectionReason = z
  .enum([
    'WithinTarget',
    'AwaitingFirstCopy',
    'NoNextFire',
    'NextFireTooLate',
    'LastAttemptFailed',
    'LastAttemptPartial',
    'LastAttemptEmpty',
    'RunTooLong',
    'NotDelivered',
    'RestoreOpen',
    'BlockedByEnded',
    'CopiesMissing',
    'CopyTooSmall',
    'RecoveryPointAgeing',
    'RecoveryPointExpiring',
    'RecoveryPointExpired',
    'RecoveryPointTooOld',
    'NoGoodCopy',
    'NoSchedule',
    'AllSuspended',
    'AllEnded',
  ])
  .meta({
    id: 'ProtectionReason',
    description:
      'The reason of the status, for machines. Protected: WithinTarget. AtRisk: AwaitingFirstCopy (there is no good copy yet, and none is overdue), NoNextFire (no schedule will fire), NextFireTooLate (the next fire is after the target is missed), LastAttemptFailed, LastAttemptPartial, LastAttemptEmpty (the last backup has no items, so it is no copy), RunTooLong (a backup has been in the cluster for longer than half of the target, or longer than 4 h), NotDelivered (a backup has waited for that long and the cluster has not accepted it), RestoreOpen (backups have waited for a Restore that is open for longer than restoreWaitSeconds), BlockedByEnded (a finished Restore is Pending again in the cluster, and no backup begins while it is), CopiesMissing (a schedule that fires has brought no copy for two of its slots; `schedules` says which), CopyTooSmall (the last good copy has under half of the median of the items of the five before it), RecoveryPointAgeing (the last good copy is older than 80 % of the target), RecoveryPointExpiring (it expires within 24 h or a quarter of its ttl, whichever is less), RecoveryPointExpired. Breached: RecoveryPointTooOld, NoGoodCopy. Unprotected: NoSchedule, AllSuspended, AllEnded.',
  });
export type ProtectionReason = z.infer<typeof ProtectionReason>;

const BackupAttempt = z
  .object({
    operationId: Id,
    phase: Phase,
    partial: z.boolean().describe('true: the engine could not process everything.'),
    createdAt: Instant,
    finishedAt: Instant.optional(),
  })
  .meta({ id: 'BackupAttempt', description: 'The newest Backup, whether or not it has ended, and however it ended.' });

const ScheduleProtection = z
  .object({
    scheduleId: Id,
    name: DnsLabel,
    cadence: Cadence,
    fires: z.boolean().describe('false: it is suspended or has ended, or its cluster or organization is suspended.'),
    lastGoodCopy: GoodCopy.optional(),
    copyExpectedBy: Instant.optional().describe(
      'When its next good copy should be there at the latest: by the second slot after the last good copy, its creation or its last change, and half of the time between the slots (4 h at most) for the backup to run. Absent when it will not fire twice.',
    ),
    overdue: z.boolean().describe('true: that time has passed. The application is then AtRisk, or worse.'),
  })
  .meta({ id: 'ScheduleProtection', description: 'The copies that one schedule brings.' });

export const Protection = z
  .object({
    applicationInstanceId: Id,
    organizationId: Id,
    clusterId: Id,
    applicationClassId: Id,
    namespace: DnsLabel,
    name: DnsLabel,
    status: ProtectionStatus,
    reason: ProtectionReason,
    message: z.string().describe('The reason of the status, for people.'),
    since: Instant.optional().describe(
      'Since when it has this status. Absent until the change is recorded, which takes up to 15 s.',
    ),
    recoveryPointTargetSeconds: z
      .int()
      .optional()
      .describe(
        'How old the last good copy may be, in seconds. The application class sets it; else it is twice the period of the most frequent schedule that fires. The period is the longest wait between two slots. Absent when the class sets none and nothing recurs.',
      ),
    recoveryPointTargetSource: z
      .enum(TargetSources)
      .optional()
      .describe('Where the target comes from: the application class, or the schedules.'),
    recoveryPointAgeSeconds: z.int().optional().describe('The age of the last good copy, in seconds since its start.'),
    breachesAt: Instant.optional().describe(
      'When the status becomes Breached, or became so, unless a newer good copy is made.',
    ),
    nextFireAt: Instant.optional().describe('When the first of its schedules fires next.'),
    lastGoodCopy: GoodCopy.optional(),
    schedules: z.array(ScheduleProtection).describe('Its schedules, each with the copies of its own.'),
    lastAttempt: BackupAttempt.optional(),
  })
  .meta({ id: 'Protection', description: 'Whether an application can be restored, and how much would be lost.' });
export type Protection = z.infer<typeof Protection>;

/** A schedule of the application; it fires when it has `nextFireAt`. */
export interface FiringSchedule {
  readonly id: string;
  readonly name: string;
  readonly cadence: Cadence;
  /** Absent for a schedule that fires once. */
  readonly schedule?: string | undefined;
  readonly at?: string | undefined;
  readonly timeZone: string;
  readonly startsAt?: string | undefined;
  readonly endsAt?: string | undefined;
  readonly spreadSeconds?: number | undefined;
  readonly suspend: boolean;
  readonly nextFireAt?: string | undefined;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** The newest good copy that the schedule itself has brought, expired or not. */
  readonly lastGood?: GoodCopy | undefined;
  /** A copy that was made at this time serves as well. */
  readonly servedAt?: string | undefined;
}

/** A Backup that has not ended, and waits or runs since then. */
export interface BackupInFlight {
  readonly since: string;
  /** false: the cluster has not accepted it. */
  readonly delivered: boolean;
  /** While it is Pending. */
  readonly waiting?: Waiting | undefined;
}

/** The facts that the rules need of an application. A copy is that of a Backup that succeeded. */
export interface ProtectionFacts {
  readonly applicationInstanceId: string;
  readonly organizationId: string;
  readonly clusterId: string;
  readonly applicationClassId: string;
  readonly namespace: string;
  readonly name: string;
  readonly createdAt: string;
  /** Of the application class. */
  readonly targetSeconds?: number | undefined;
  /** The schedules that are not deleted. A schedule will fire when it has `nextFireAt`. */
  readonly schedules: readonly FiringSchedule[];
  /** The newest good copy that has not expired, else the newest that has. */
  readonly lastGood?: GoodCopy | undefined;
  /** When the newest copy that has not expired will expire, a partial one included. */
  readonly restorableUntil?: string | undefined;
  readonly lastAttempt?: z.infer<typeof BackupAttempt> | undefined;
  /** The newest Backup that has Succeeded or Failed. */
  readonly lastEnded?:
    | { readonly operationId: string; readonly outcome: 'Good' | 'Partial' | 'Empty' | 'Failed' }
    | undefined;
  /** The oldest Backup that has not ended. */
  readonly inFlight?: BackupInFlight | undefined;
  /** A Restore of the application is open, and backups have waited for it since then; `limitSeconds` is the class's. */
  readonly restoreWait?: { readonly name: string; readonly since: string; readonly limitSeconds: number } | undefined;
  /** A Restore that has ended, and that the operator states as blocked. */
  readonly blockedRestore?: { readonly name: string; readonly since: string; readonly message: string } | undefined;
  /** When the last good copy was made, if no schedule has brought it. */
  readonly askedCopyAt?: string | undefined;
  /** Items of the last good copy, and of those of the same schedule before it, the newest first, at most six in all. */
  readonly itemCounts: readonly number[];
}
