/**
 * Our contact to a cluster's agent: whether it lives, and whether some of its events were lost. Lost events are made up
 * for by a relist: the watch of the cluster begins again with a list of everything. A relist is wanted when
 *
 * - an event is about an Operation that is not known here,
 * - the agent says that its buffer has overflowed,
 * - a batch comes more than 150 s after the last heartbeat,
 * - events cannot be read, and the hour before all could be read. Not for each of them: an agent that speaks in a way that
 *   is not known here would have its cluster listed all the time.
 *
 * It is requested by raising `relistRevision`, at most once a minute for each cluster. A relist that is wanted in
 * between waits for the minute to pass, and is not forgotten.
 */

import type { OwnCondition } from '../../kernel/rules/condition.ts';
import { type Condition, withCondition } from '../../kernel/rules/condition.ts';
import type { Unreadable } from './read-events.ts';
import { agentConditionOf } from './reasons.ts';

/** Without a heartbeat for so long, the agent counts as silent. */
const silenceMs = 180_000;
/** Without a heartbeat for so long, events may have been lost. */
const gapMs = 150_000;
const relistEveryMs = 60_000;
/** The time of the last contact is for people, and not worth a write each second. */
const contactEveryMs = 5_000;
/** Without an event that cannot be read for so long, all of them can be read again. */
const readableMs = 3_600_000;
export const agentCondition = 'AgentConnected';
const readCondition = 'AgentEventsRead';

export interface AgentContact {
  readonly conditions: readonly Condition[];
  readonly lastContactAt?: string | undefined;
  readonly tokenCreatedAt?: string | undefined;
  readonly heartbeatAt?: string | undefined;
  /** When missing heartbeats last led to a relist. */
  readonly gapToldAt?: string | undefined;
  /** Raising it makes the watch begin again with a list. */
  readonly relistRevision: number;
  readonly relistRaisedAt?: string | undefined;
  /** A relist waits for the minute to pass. */
  readonly relistWanted: boolean;
  /** How many events and conditions could not be read, ever. */
  readonly unreadableCount: number;
  readonly unreadableAt?: string | undefined;
}

export interface BatchContact {
  /** The batch contains a heartbeat. */
  readonly heartbeat: boolean;
  /** The batch shows that events were lost. */
  readonly relist: boolean;
  readonly unreadable: Unreadable | undefined;
}

export function contactAfterBatch(known: AgentContact, batch: BatchContact, now: string): AgentContact {
  const { heartbeat, unreadable } = batch;
  const relist = batch.relist || (unreadable !== undefined && since(known.unreadableAt, now) > readableMs);
  const contact = unreadable === undefined ? known : afterUnreadable(known, unreadable, now);
  const gap = contact.heartbeatAt !== undefined && since(later(contact.heartbeatAt, contact.gapToldAt), now) > gapMs;
  const lastContactAt = since(contact.lastContactAt, now) > contactEveryMs ? now : contact.lastContactAt;
  return relisted(
    {
      ...contact,
      lastContactAt,
      ...(gap && { gapToldAt: now }),
      ...(heartbeat && {
        heartbeatAt: now,
        lastContactAt: now,
        conditions: withCondition(contact.conditions, connected(now)),
      }),
      relistWanted: contact.relistWanted || relist || gap,
    },
    now,
  );
}

/** The contact as time passes without a batch. */
export function contactAfterWait(contact: AgentContact, now: string): AgentContact {
  const { tokenCreatedAt, heartbeatAt } = contact;
  const silent = tokenCreatedAt !== undefined && since(heartbeatAt ?? tokenCreatedAt, now) > silenceMs;
  const conditions = silent ? withCondition(contact.conditions, disconnected(heartbeatAt, now)) : contact.conditions;
  return relisted({ ...contact, conditions: readAgain(contact, conditions, now) }, now);
}

function afterUnreadable(contact: AgentContact, { count, example }: Unreadable, now: string): AgentContact {
  const unreadableCount = contact.unreadableCount + count;
  const message = `${unreadableCount} of what the agent has posted could not be read, the last at ${now} (${example}), and was left out. The watch of the cluster tells the same. Compare the versions of the operator and of this service.`;
  const condition = agentConditionOf(readCondition, 'False', 'Unreadable', message, now);
  return {
    ...contact,
    unreadableCount,
    unreadableAt: now,
    conditions: withCondition(contact.conditions, condition),
  };
}

function readAgain(
  { unreadableAt }: AgentContact,
  conditions: readonly Condition[],
  now: string,
): readonly Condition[] {
  const unread = conditions.some(({ type, status }) => type === readCondition && status === 'False');
  if (!unread || since(unreadableAt, now) <= readableMs) return conditions;
  const message = `Everything that the agent has posted since ${unreadableAt ?? 'it began'} could be read.`;
  return withCondition(conditions, agentConditionOf(readCondition, 'True', 'Read', message, now));
}

function relisted(contact: AgentContact, now: string): AgentContact {
  const elapsed = since(contact.relistRaisedAt, now);
  // `elapsed` is negative when the clock was put back since: that must not hold up relists.
  if (!contact.relistWanted || (elapsed >= 0 && elapsed < relistEveryMs)) return contact;
  return { ...contact, relistWanted: false, relistRaisedAt: now, relistRevision: contact.relistRevision + 1 };
}

function connected(now: string): OwnCondition {
  const message = `The last heartbeat came at ${now}.`;
  return agentConditionOf(agentCondition, 'True', 'Heartbeat', message, now);
}

function disconnected(heartbeatAt: string | undefined, now: string): OwnCondition {
  const message =
    heartbeatAt === undefined ? 'No heartbeat has come yet.' : `No heartbeat has come since ${heartbeatAt}.`;
  return agentConditionOf(agentCondition, 'False', 'Silent', message, now);
}

/** Milliseconds since the instant; infinite when there is none. */
function since(instant: string | undefined, now: string): number {
  return instant === undefined ? Number.POSITIVE_INFINITY : Date.parse(now) - Date.parse(instant);
}

function later(a: string, b: string | undefined): string {
  return b !== undefined && Date.parse(b) > Date.parse(a) ? b : a;
}
