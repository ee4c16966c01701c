/**
 * Whether an application could be brought back, and how much would be lost: what the API tells of it, and what that is
 * judged from. The rules are in protection-rules.ts.
 */
import { z } from 'zod';
import { Id, Instant } from '../../kernel/rules/fields.ts';
import { DnsLabel } from '../../kernel/rules/names.ts';
import { Phase } from '../../operations/rules/operation.ts';
import { TargetSources } from './protection-target.ts';

/** From well to worst; the place in the list is the severity. */
export const protectionStatuses = ['Protected', 'AtRisk', 'Breached', 'Unprotected'] as const;

export const ProtectionStatus = z.enum(protectionStatuses).meta({
  id: 'ProtectionStatus',
  description:
    'Protected: the last good copy is within its target, and the next will come in time. AtRisk: not so for long, or something is amiss that will make it so. Breached: the last good copy is older than its target, or there is none in time. Unprotected: no copy, and no schedule that fires.',
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
    'RunTooLong',
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
      'Why, for machines. Protected: WithinTarget. AtRisk: AwaitingFirstCopy (none yet, and none overdue), NoNextFire, NextFireTooLate, LastAttemptFailed, LastAttemptPartial, RunTooLong (in flight for half of the target, or 4 h), RecoveryPointAgeing (over 80 % of the target), RecoveryPointExpiring (within 24 h or a quarter of its ttl, whichever is less), RecoveryPointExpired. Breached: RecoveryPointTooOld, NoGoodCopy. Unprotected: NoSchedule, AllSuspended, AllEnded.',
  });
export type ProtectionReason = z.infer<typeof ProtectionReason>;

const GoodCopy = z.object({ operationId: Id, startedAt: Instant, finishedAt: Instant, expiresAt: Instant }).meta({
  id: 'GoodCopy',
  description: 'The newest copy that was made without failures; until expiresAt it can be restored.',
});

const BackupAttempt = z
  .object({
    operationId: Id,
    phase: Phase,
    partial: z.boolean().describe('true: it could not process everything.'),
    createdAt: Instant,
    finishedAt: Instant.optional(),
  })
  .meta({ id: 'BackupAttempt', description: 'The newest Backup, however it ended, or that has not ended.' });

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
    message: z.string().describe('The reason in words.'),
    since: Instant.optional().describe('Since when it has this status, once that was noticed and told (within 15 s).'),
    recoveryPointTargetSeconds: z
      .int()
      .optional()
      .describe(
        "How old the last good copy may be, in seconds: the application class's, else twice the period of the most frequent schedule that fires (the longest wait between two of its slots). Absent when nothing recurs and the class says nothing.",
      ),
    recoveryPointTargetSource: z
      .enum(TargetSources)
      .optional()
      .describe('Who said so: the application class, or its schedules.'),
    recoveryPointAgeSeconds: z.int().optional().describe('Since the start of the last good copy, in seconds.'),
    breachesAt: Instant.optional().describe('When it is Breached, or was, without a newer good copy.'),
    nextFireAt: Instant.optional().describe('The earliest of its schedules.'),
    lastGoodCopy: GoodCopy.optional(),
    lastAttempt: BackupAttempt.optional(),
  })
  .meta({ id: 'Protection', description: 'Whether an application could be brought back, and how much would be lost.' });
export type Protection = z.infer<typeof Protection>;

/** What the rules need to know of an application. Copies are those of its Backups that succeeded. */
export interface ProtectionFacts {
  readonly applicationInstanceId: string;
  readonly organizationId: string;
  readonly clusterId: string;
  readonly applicationClassId: string;
  readonly namespace: string;
  readonly name: string;
  readonly createdAt: string;
  /** The application class's. */
  readonly targetSeconds?: number | undefined;
  /** Those that are not deleted. One fires when it has a next time. */
  readonly schedules: readonly {
    /** Absent: it fires once. */
    readonly schedule?: string | undefined;
    readonly suspend: boolean;
    readonly nextFireAt?: string | undefined;
    readonly createdAt: string;
  }[];
  /** The newest good copy that has not expired, else the newest that has. */
  readonly lastGood?: z.infer<typeof GoodCopy> | undefined;
  /** The newest copy that has not expired, partial ones as well: until when it can be restored. */
  readonly restorableUntil?: string | undefined;
  readonly lastAttempt?: z.infer<typeof BackupAttempt> | undefined;
  /** The newest Backup that has Succeeded or Failed. */
  readonly lastEnded?: { readonly operationId: string; readonly outcome: 'Good' | 'Partial' | 'Failed' } | undefined;
  /** The oldest Backup that has not ended: when it started, or was asked for. */
  readonly inFlightSince?: string | undefined;
}
