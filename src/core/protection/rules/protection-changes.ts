/**
 * Which events protection records: a change of status once, and a last good copy that is about to expire once for each
 * copy. The status that was recorded last is stored with a revision. A new one is written only over the revision from
 * which it was judged.
 */

import type { NewEvent } from '../../kernel/rules/event.ts';
import type { GoodCopy } from '../../operations/rules/good-copy.ts';
import { expiringFrom, type JudgedProtection } from './judge-protection.ts';
import type { ProtectionStatus } from './protection.ts';
import { protectionEvent } from './reasons.ts';

export interface RecordedProtection {
  readonly status: ProtectionStatus;
  readonly since: string;
  /** The copy for which RecoveryPointExpiring was recorded last. */
  readonly expiringOperationId?: string | undefined;
  readonly revision: number;
}

export interface ProtectionChange {
  readonly protection: JudgedProtection;
  readonly recorded: RecordedProtection;
  readonly events: readonly NewEvent[];
}

/** `undefined` when nothing has changed. */
export function protectionChange(
  before: RecordedProtection | undefined,
  protection: JudgedProtection,
  now: string,
): ProtectionChange | undefined {
  const { status, applicationInstanceId, organizationId, clusterId, lastGoodCopy } = protection;
  const changed = before?.status !== status;
  const expiring = lastGoodCopy !== undefined && isExpiring(lastGoodCopy, now) ? lastGoodCopy.operationId : undefined;
  const newlyExpiring = expiring !== undefined && expiring !== before?.expiringOperationId;
  if (!changed && !newlyExpiring) return undefined;

  const about = { organizationId, clusterId, applicationInstanceId, at: now };
  const events: NewEvent[] = [];
  if (changed && isWorthAnEvent(before, protection)) events.push(statusEvent(protection, about));
  if (newlyExpiring) {
    const message = `The last good copy expires at ${lastGoodCopy?.expiresAt}, and there is no newer one.`;
    events.push(protectionEvent('RecoveryPointExpiring', { ...about, operationId: expiring, message }));
  }
  const recorded: RecordedProtection = {
    status,
    since: changed ? now : (before?.since ?? now),
    expiringOperationId: expiring ?? before?.expiringOperationId,
    revision: (before?.revision ?? 0) + 1,
  };
  return { protection, recorded, events };
}

function isExpiring(copy: GoodCopy, now: string): boolean {
  const nowMs = Date.parse(now);
  return nowMs >= Date.parse(expiringFrom(copy)) && nowMs < Date.parse(copy.expiresAt);
}

/** A new application that is Protected, or has nothing yet, gets no event. */
function isWorthAnEvent(before: RecordedProtection | undefined, { status }: JudgedProtection): boolean {
  return before !== undefined || status === 'AtRisk' || status === 'Breached';
}

type About = Omit<NewEvent, 'type' | 'reason' | 'message'>;

/** AtRisk is no warning while the first copy is awaited in time. */
function statusEvent({ status, reason, message }: JudgedProtection, about: About): NewEvent {
  if (status !== 'AtRisk') return protectionEvent(status, { ...about, message });
  const type = reason === 'AwaitingFirstCopy' ? 'Normal' : 'Warning';
  return protectionEvent(status, { ...about, message, type });
}
