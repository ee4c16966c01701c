/**
 * Our contact to a cluster's agent: whether it lives, and whether some of its events were lost. Lost events are made up
 * for by a relist: the watch of the cluster begins again with a list of everything. A relist is wanted when
 *
 * - an event is about an Operation that is not known here,
 * - the agent says that its buffer has overflowed,
 * - a batch comes more than 150 s after the last heartbeat.
 *
 * It is requested by raising `relistRevision`, at most once a minute for each cluster. A relist that is wanted in
 * between waits for the minute to pass, and is not forgotten.
 */

import type { OwnCondition } from '../../kernel/rules/condition.ts';
import { type Condition, withCondition } from '../../kernel/rules/condition.ts';
import { agentConditionOf } from './reasons.ts';

/** Without a heartbeat for so long, the agent counts as silent. */
const silenceMs = 180_000;
/** Without a heartbeat for so long, events may have been lost. */
const gapMs = 150_000;
const relistEveryMs = 60_000;
/** The time of the last contact is for people, and not worth a write each second. */
const contactEveryMs = 5_000;
export const agentCondition = 'AgentConnected';

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
}

/** The contact after a batch. `heartbeat`: it contains one. `relist`: it shows that events were lost. */
export function contactAfterBatch(
  contact: AgentContact,
  { heartbeat, relist }: { readonly heartbeat: boolean; readonly relist: boolean },
  now: string,
): AgentContact {
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
  return relisted({ ...contact, conditions }, now);
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
