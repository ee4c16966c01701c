/**
 * Whether an Operation of ours that has ended is to leave its cluster. An operator looks at what has ended again and
 * again: a finished Restore and a Backup can block each other for ever, and a Backup whose copy has expired is run again.
 * And etcd does not hold thousands of objects for nothing.
 *
 *   Restore         some minutes after its end, once Velero's word of its end is recorded, or did not come in time
 *   Backup          once its copy is gone by Velero's own word, and has expired or been gone for an hour; where that may
 *                   not be read, 48 h after the copy has expired. While the copy lives, never
 *   failed Backup   a day after its end, where Velero is known to have no copy of it: until then a person may look at
 *                   Velero's words. Where that is not known it may be partial, and leaves like one that has a copy
 *
 * A deletion takes Velero's Backup with it, and no data: those stay in the storage location, and Velero makes its Backup
 * from them again within a minute. So where nobody may look at Velero, no copy is lost, not even one that is kept beyond
 * its time. Nor is one that the operator made by running the Backup again, for which nobody asked: it goes when it
 * expires. A storage location that is known not to be available is waited for, because Velero cannot collect what has
 * expired there.
 *
 * Nothing leaves while another Operation of its target may be in flight: the operator could not let it go.
 */
import { expiry } from '../../kernel/rules/duration.ts';
import { leftInCluster } from '../../operations/rules/giving-up/left-in-cluster.ts';
import type { KnownOperation } from '../../operations/rules/observed/observation.ts';
import { isTerminal } from '../../operations/rules/operation.ts';
import type { TidiedReason } from '../../operations/rules/tidied.ts';
import { shifted } from '../../time/rules/slots.ts';
import { hasEnded, type VeleroResource } from '../../velero/rules/velero-resource.ts';

export interface TidyCandidate {
  readonly operation: KnownOperation;
  /** The cluster takes part. */
  readonly allowed: boolean;
  /** Another Operation of the target, ours or not, may be in flight in the cluster. */
  readonly targetInFlight: boolean;
  /** Velero's resources are followed, all of them, by a watch that is well. */
  readonly followsVelero: boolean;
  readonly word?:
    | Pick<VeleroResource, 'phase' | 'copied' | 'startedAt' | 'awayAt' | 'goneAt' | 'expiresAt'>
    | undefined;
  /** The phase of the storage location of the copy, where it may be read. */
  readonly locationPhase?: string | undefined;
}

export interface TidySettings {
  readonly enabled: boolean;
  /** How long after its end a Restore leaves. */
  readonly restoresAfterSeconds: number;
}

/** Later: it is looked at again then. Never: there is nothing in the cluster that could leave it. */
export type TidyDecision =
  | { readonly kind: 'Tidy'; readonly reason: TidiedReason; readonly message: string }
  | { readonly kind: 'Later'; readonly at: string }
  | { readonly kind: 'Never' };

const minute = 60;
const hour = 3600;
/** Velero's words may come so long after the end of a Restore. */
const wordSeconds = 10 * minute;
/** How long Velero's Backup must have been gone. */
const goneSeconds = hour;
/** Velero collects what has expired each hour, and later when it was away. */
const expiredSeconds = 48 * hour;
const failedSeconds = 24 * hour;
const again = { off: 10 * minute, busy: minute, word: 30, unsettled: hour } as const;

interface Due {
  readonly at: string;
  readonly reason: TidiedReason;
  readonly message: string;
}

export function decideTidy(candidate: TidyCandidate, settings: TidySettings, now: string): TidyDecision {
  const { operation, allowed, targetInFlight } = candidate;
  const left = leftInCluster(operation);
  if (operation.origin === 'cluster' || operation.uid === undefined || left === 'Gone') return { kind: 'Never' };
  const later = (seconds: number): TidyDecision => ({ kind: 'Later', at: shifted(now, seconds) });
  if (!allowed || !settings.enabled) return later(again.off);
  if (!isTerminal(operation.phase) || left === 'MayBeThere') return later(again.unsettled);
  if (operation.inFlightInCluster !== undefined) return later(again.busy);
  const { at, reason, message } =
    operation.type === 'Restore' ? restoreDue(candidate, settings, now) : backupDue(candidate, now);
  if (Date.parse(at) > Date.parse(now)) return { kind: 'Later', at };
  return targetInFlight ? later(again.busy) : { kind: 'Tidy', reason, message };
}

function endOf({ finishedAt, createdAt }: KnownOperation): string {
  return finishedAt ?? createdAt;
}

function restoreDue(
  { operation, followsVelero, word }: TidyCandidate,
  { restoresAfterSeconds }: TidySettings,
  now: string,
): Due {
  const message = 'The Restore has ended, and what it said is recorded here.';
  const at = shifted(endOf(operation), restoresAfterSeconds);
  const isKnown = !followsVelero || (word !== undefined && hasEnded(word));
  const isAwaited = !isKnown && Date.parse(shifted(at, wordSeconds)) > Date.parse(now);
  return { at: isAwaited ? latest(at, shifted(now, again.word)) : at, reason: 'RestoreEnded', message };
}

function backupDue(candidate: TidyCandidate, now: string): Due {
  const { operation, followsVelero, word, locationPhase } = candidate;
  const unsettled = shifted(now, again.unsettled);
  const isOfLaterRun = word?.startedAt !== undefined && Date.parse(word.startedAt) > Date.parse(endOf(operation));
  const copy = word?.copied === true && !isOfLaterRun ? word : undefined;
  const expiresAt = latest(expiryOf(operation), copy?.expiresAt);
  if (copy?.goneAt !== undefined)
    return {
      at: earliest(shifted(copy.goneAt, goneSeconds), latest(copy.goneAt, expiresAt)),
      reason: 'CopyGone',
      message: `By Velero's word the copy has been gone since ${copy.awayAt ?? copy.goneAt}.`,
    };
  // Velero has it: however long it has expired, it is still to be collected.
  if (followsVelero && copy !== undefined)
    return { ...expired(expiresAt), at: latest(shifted(expiresAt, hour), unsettled) };
  const isThere = word !== undefined && word.goneAt === undefined && word.awayAt === undefined;
  if (followsVelero && isThere && !hasEnded(word)) return { ...expired(expiresAt), at: unsettled };
  if (followsVelero && word?.copied !== true && !hasCopy(operation))
    return {
      at: shifted(endOf(operation), failedSeconds),
      reason: 'BackupFailed',
      message: 'The Backup failed, and Velero has no copy of it.',
    };
  const isAway = locationPhase !== undefined && locationPhase !== 'Available';
  const due = expired(expiresAt);
  return isAway ? { ...due, at: latest(due.at, unsettled) } : due;
}

function expired(expiresAt: string): Due {
  const message = `The copy expired at ${expiresAt}, more than ${expiredSeconds / hour} h ago.`;
  return { at: shifted(expiresAt, expiredSeconds), reason: 'CopyExpired', message };
}

function hasCopy({ phase, contradiction }: KnownOperation): boolean {
  return phase === 'Succeeded' || contradiction?.phase === 'Succeeded';
}

/** When a copy expires that it has, or may have. It is no older than the end of the Operation. */
function expiryOf({ expiresAt, ttl, ttlSeconds, ...operation }: KnownOperation): string {
  if (expiresAt !== undefined) return expiresAt;
  return ttl === undefined ? shifted(endOf(operation), 30 * 24 * hour) : expiry(endOf(operation), { ttl, ttlSeconds });
}

function earliest(at: string, other: string): string {
  return Date.parse(other) < Date.parse(at) ? other : at;
}

function latest(at: string, other: string | undefined): string {
  return other !== undefined && Date.parse(other) > Date.parse(at) ? other : at;
}
