/**
 * Judges the protection of an application from facts and the time. Pure. The first rule that applies gives the status:
 *
 *   Unprotected   no schedule will fire, and there is no copy that can be restored
 *   Breached      the last good copy is older than its target; without one, the first schedule is
 *   AtRisk        the last attempt, the next copy or the last copy may lead to a breach
 *   Protected     none of these
 *
 * As time passes and nothing else happens, a status never gets better.
 */
import { inWords } from '../../kernel/rules/duration.ts';
import { copyExpectedBy, isOverdue, maxRunMs, type NextTwo, servedSchedules } from './expected-copies.ts';
import { tooFewItems } from './item-counts.ts';
import type { FiringSchedule, Protection, ProtectionFacts, ProtectionReason, ProtectionStatus } from './protection.ts';
import { type PeriodOf, type Target, targetOf } from './protection-target.ts';

const ageingShare = 0.8;
const expiringLeadMs = 24 * 3_600_000;

const ms = Date.parse;
const instant = (at: number) => new Date(at).toISOString();

interface Verdict {
  readonly status: ProtectionStatus;
  readonly reason: ProtectionReason;
  readonly message: string;
}

interface Situation {
  readonly facts: ProtectionFacts;
  readonly nowMs: number;
  readonly target: Target | undefined;
  readonly schedules: readonly FiringSchedule[];
  /** The schedules that fire and have brought no copy when they should have. */
  readonly overdue: readonly FiringSchedule[];
  readonly nextFireAt: string | undefined;
  /** When the target is missed, unless a newer good copy is made. */
  readonly deadlineMs: number | undefined;
}

/** What is remembered of recurrences from one judgement to the next. */
export interface Slots {
  readonly periodOf: PeriodOf;
  readonly nextTwo: NextTwo;
}

/** All but the schedules, which only readers want to see. */
export type JudgedProtection = Omit<Protection, 'schedules'>;

export function judgeProtection(facts: ProtectionFacts, now: string, slots: Slots): JudgedProtection {
  const situation = situationOf(facts, now, slots);
  const { target, nextFireAt, deadlineMs } = situation;
  const { applicationInstanceId, organizationId, clusterId, applicationClassId, namespace, name } = facts;
  const { lastGood, lastAttempt } = facts;
  return {
    ...{ applicationInstanceId, organizationId, clusterId, applicationClassId, namespace, name },
    ...verdictOf(situation),
    ...(target !== undefined && {
      recoveryPointTargetSeconds: target.seconds,
      recoveryPointTargetSource: target.source,
    }),
    ...(lastGood !== undefined && { recoveryPointAgeSeconds: Math.max(0, Math.floor(ageMs(lastGood, now) / 1000)) }),
    ...(deadlineMs !== undefined && { breachesAt: instant(deadlineMs) }),
    ...(nextFireAt !== undefined && { nextFireAt }),
    ...(lastGood !== undefined && { lastGoodCopy: lastGood }),
    ...(lastAttempt !== undefined && { lastAttempt }),
  };
}

/** When a copy begins to count as about to expire: a quarter of its life before it expires, a day at most. */
export function expiringFrom(copy: { readonly startedAt: string; readonly expiresAt: string }): string {
  const end = ms(copy.expiresAt);
  return instant(end - Math.min((end - ms(copy.startedAt)) / 4, expiringLeadMs));
}

function ageMs(copy: { readonly startedAt: string }, now: string): number {
  return ms(now) - ms(copy.startedAt);
}

/** Each schedule with the copies of its own. */
export function scheduleProtections(facts: ProtectionFacts, now: string, slots: Slots): Protection['schedules'] {
  const { schedules, overdue } = situationOf(facts, now, slots);
  return schedules.map((schedule) => shown(schedule, overdue.includes(schedule), slots));
}

function shown(schedule: FiringSchedule, overdue: boolean, { nextTwo }: Slots): Protection['schedules'][number] {
  const { id: scheduleId, name, cadence, lastGood, nextFireAt } = schedule;
  const expectedMs = nextFireAt === undefined ? undefined : copyExpectedBy(schedule, nextTwo);
  return {
    ...{ scheduleId, name, cadence, fires: nextFireAt !== undefined, overdue },
    ...(lastGood !== undefined && { lastGoodCopy: lastGood }),
    ...(expectedMs !== undefined && { copyExpectedBy: instant(expectedMs) }),
  };
}

function situationOf(facts: ProtectionFacts, now: string, { periodOf, nextTwo }: Slots): Situation {
  const firing = facts.schedules.filter(({ nextFireAt }) => nextFireAt !== undefined);
  const expressions = firing.flatMap(({ schedule }) => schedule ?? []);
  const target = targetOf(facts.targetSeconds, expressions, periodOf);
  const [nextFireAt] = firing.flatMap((schedule) => schedule.nextFireAt ?? []).sort((a, b) => ms(a) - ms(b));
  // Without any good copy, the target counts from the creation of the first schedule.
  const since = facts.lastGood?.startedAt ?? earliest(facts.schedules.map(({ createdAt }) => createdAt));
  const from = since ?? facts.createdAt;
  const deadlineMs =
    target === undefined
      ? undefined
      : Math.max(ms(from) + target.seconds * 1000, slotsLast(target, firing, from, periodOf, nextTwo));
  const nowMs = ms(now);
  const schedules = servedSchedules(facts.schedules, facts.askedCopyAt, periodOf);
  const overdue = schedules.filter((schedule) => isOverdue(schedule, nowMs, periodOf, nextTwo));
  return { facts, nowMs, target, schedules, nextFireAt, deadlineMs, overdue };
}

/**
 * A target that follows from a schedule is two of its periods, and a day may have 25 hours: it is not missed before the
 * second slot after the last good copy. In milliseconds; 0 when this says nothing.
 */
function slotsLast(
  { source, seconds }: Target,
  firing: readonly FiringSchedule[],
  from: string,
  periodOf: PeriodOf,
  nextTwo: NextTwo,
): number {
  if (source !== 'schedules') return 0;
  const second = firing
    .filter(
      ({ schedule, timeZone }) =>
        schedule !== undefined && timeZone !== 'Etc/UTC' && 2 * (periodOf(schedule) ?? 0) === seconds,
    )
    .flatMap((schedule) => nextTwo(schedule, from)[1] ?? []);
  return second.length === 0 ? 0 : Math.min(...second.map(ms));
}

function earliest(instants: readonly string[]): string | undefined {
  return instants.length === 0 ? undefined : instant(Math.min(...instants.map(ms)));
}

function verdictOf(situation: Situation): Verdict {
  return unprotected(situation) ?? breached(situation) ?? atRisk(situation) ?? withinTarget(situation);
}

function unprotected({ facts, nowMs, nextFireAt }: Situation): Verdict | undefined {
  const { schedules, restorableUntil } = facts;
  if (nextFireAt !== undefined) return undefined;
  if (restorableUntil !== undefined && ms(restorableUntil) > nowMs) return undefined;
  const none = 'and there is no copy that can be restored.';
  const status = 'Unprotected';
  if (schedules.length === 0)
    return { status, reason: 'NoSchedule', message: `The application has no schedule, ${none}` };
  return schedules.some(({ suspend }) => suspend)
    ? { status, reason: 'AllSuspended', message: `Its schedules are suspended, ${none}` }
    : { status, reason: 'AllEnded', message: `Its schedules have ended, ${none}` };
}

function breached({ facts: { lastGood }, nowMs, target, deadlineMs }: Situation): Verdict | undefined {
  if (target === undefined || deadlineMs === undefined || nowMs <= deadlineMs) return undefined;
  const allowed = `the target is ${inWords(target.seconds)}.`;
  if (lastGood === undefined)
    return { status: 'Breached', reason: 'NoGoodCopy', message: `There is no good copy; ${allowed}` };
  const age = inWords((nowMs - ms(lastGood.startedAt)) / 1000);
  const expired = ms(lastGood.expiresAt) <= nowMs ? ', and has expired' : '';
  const message = `The last good copy is ${age} old${expired}; ${allowed}`;
  return { status: 'Breached', reason: 'RecoveryPointTooOld', message };
}

function atRisk(situation: Situation): Verdict | undefined {
  const risk =
    restoreRisk(situation) ??
    lastAttemptRisk(situation) ??
    nextCopyRisk(situation) ??
    missingCopiesRisk(situation) ??
    lastCopyRisk(situation);
  return risk === undefined ? undefined : { status: 'AtRisk', ...risk };
}

type Risk = Omit<Verdict, 'status'>;

/** An operator looks at what is blocked every half minute. */
const blockedForMs = 120_000;

/** A Restore that keeps backups from beginning. While one runs, a finished Restore that waits for its end is no risk. */
function restoreRisk({ facts: { restoreWait, blockedRestore, inFlight }, nowMs }: Situation): Risk | undefined {
  if (restoreWait !== undefined && ms(restoreWait.since) + restoreWait.limitSeconds * 1000 <= nowMs) {
    const long = inWords((nowMs - ms(restoreWait.since)) / 1000);
    const message = `Backups have waited for ${long} for the Restore ${restoreWait.name}, which is open in the cluster.`;
    return { reason: 'RestoreOpen', message };
  }
  const runs = inFlight !== undefined && inFlight.waiting === undefined;
  if (blockedRestore === undefined || runs || nowMs - ms(blockedRestore.since) < blockedForMs) return undefined;
  const message = `The finished Restore ${blockedRestore.name} is Pending again in the cluster, so no backup begins: ${blockedRestore.message}`;
  return { reason: 'BlockedByEnded', message };
}

function lastAttemptRisk({ facts, nowMs, target }: Situation): Risk | undefined {
  const { lastEnded, lastGood, inFlight } = facts;
  // A Backup that ended after the last good copy made no good one, or it would be the last good copy.
  if (lastEnded !== undefined && lastEnded.operationId !== lastGood?.operationId) {
    if (lastEnded.outcome === 'Failed') return { reason: 'LastAttemptFailed', message: 'The last backup failed.' };
    if (lastEnded.outcome === 'Partial')
      return { reason: 'LastAttemptPartial', message: 'The last backup could not process everything.' };
    if (lastEnded.outcome === 'Empty')
      return { reason: 'LastAttemptEmpty', message: 'The last backup has no items, so it is no copy.' };
  }
  if (inFlight === undefined) return undefined;
  const allowedMs = Math.min(maxRunMs, target === undefined ? maxRunMs : target.seconds * 500);
  const runMs = nowMs - ms(inFlight.since);
  if (runMs <= allowedMs) return undefined;
  const { waiting, delivered } = inFlight;
  const why = waiting === undefined ? '' : ` ${waiting.reason}: ${waiting.message}`;
  const long = inWords(runMs / 1000);
  return delivered
    ? { reason: 'RunTooLong', message: `A backup has been in flight in the cluster for ${long}.${why}` }
    : {
        reason: 'NotDelivered',
        message: `A backup has waited for ${long}, and the cluster has not accepted it.${why}`,
      };
}

function nextCopyRisk({ facts, nextFireAt, deadlineMs }: Situation): Risk | undefined {
  if (facts.inFlight !== undefined) return undefined;
  if (nextFireAt === undefined)
    return { reason: 'NoNextFire', message: 'No schedule will fire, so there will be no newer copy.' };
  if (deadlineMs === undefined || ms(nextFireAt) <= deadlineMs) return undefined;
  const message = `The next backup begins at ${nextFireAt}, after the target is missed at ${instant(deadlineMs)}.`;
  return { reason: 'NextFireTooLate', message };
}

const namedCount = 3;

function missingCopiesRisk({ overdue }: Situation): Risk | undefined {
  if (overdue.length === 0) return undefined;
  const named = overdue.slice(0, namedCount).map(({ name, cadence, lastGood, createdAt }) => {
    const since =
      lastGood === undefined ? `none since it was made at ${createdAt}` : `the last at ${lastGood.startedAt}`;
    return `${name} (${cadence}: ${since})`;
  });
  const more = overdue.length > namedCount ? ` and ${overdue.length - namedCount} more` : '';
  const message = `Schedules bring no good copies, although two of their slots have passed: ${named.join(', ')}${more}.`;
  return { reason: 'CopiesMissing', message };
}

function lastCopyRisk({ facts: { lastGood, itemCounts }, nowMs, target, deadlineMs }: Situation): Risk | undefined {
  if (lastGood !== undefined && ms(lastGood.expiresAt) <= nowMs)
    return { reason: 'RecoveryPointExpired', message: `The last good copy has expired at ${lastGood.expiresAt}.` };
  if (lastGood === undefined) return { reason: 'AwaitingFirstCopy', message: 'There is no good copy yet.' };
  const few = tooFewItems(itemCounts);
  if (few !== undefined) return { reason: 'CopyTooSmall', message: few };
  if (
    target !== undefined &&
    deadlineMs !== undefined &&
    nowMs > deadlineMs - (1 - ageingShare) * target.seconds * 1000
  ) {
    const age = inWords((nowMs - ms(lastGood.startedAt)) / 1000);
    const message = `The last good copy is ${age} old; the target is ${inWords(target.seconds)}.`;
    return { reason: 'RecoveryPointAgeing', message };
  }
  if (nowMs < ms(expiringFrom(lastGood))) return undefined;
  const message = `The last good copy expires at ${lastGood.expiresAt}, and there is no newer one.`;
  return { reason: 'RecoveryPointExpiring', message };
}

function withinTarget({ facts: { lastGood }, nowMs, target }: Situation): Verdict {
  const age = lastGood === undefined ? '' : inWords((nowMs - ms(lastGood.startedAt)) / 1000);
  const allowed = target === undefined ? '' : `; the target is ${inWords(target.seconds)}`;
  return { status: 'Protected', reason: 'WithinTarget', message: `The last good copy is ${age} old${allowed}.` };
}
