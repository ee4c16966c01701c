/**
 * What a cluster's agent tells by posting, and by not posting: whether it lives, and whether some of its stream was
 * lost, so that everything has to be listed again. A relist is asked for at most once a minute; what is asked for in
 * between waits for the minute to pass, and is not forgotten.
 */

import type { OwnCondition } from '../../kernel/rules/condition.ts';
import { type Condition, withCondition } from '../../kernel/rules/condition.ts';
import { agentConditionOf } from './reasons.ts';

const silenceMs = 180_000;
const gapMs = 150_000;
const relistEveryMs = 60_000;
const contactEveryMs = 5_000;
export const agentCondition = 'AgentConnected';

export interface AgentContact {
  readonly conditions: readonly Condition[];
  readonly lastContactAt?: string | undefined;
  readonly tokenCreatedAt?: string | undefined;
  readonly heartbeatAt?: string | undefined;
  readonly gapToldAt?: string | undefined;
  readonly relistRevision: number;
  readonly relistRaisedAt?: string | undefined;
  readonly relistWanted: boolean;
}

/** After a batch. `relist`: something in it says that some of what happened is not known here. */
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

/** When a while has passed, whatever was posted. */
export function contactAfterWait(contact: AgentContact, now: string): AgentContact {
  const { tokenCreatedAt, heartbeatAt } = contact;
  const silent = tokenCreatedAt !== undefined && since(heartbeatAt ?? tokenCreatedAt, now) > silenceMs;
  const conditions = silent ? withCondition(contact.conditions, disconnected(heartbeatAt, now)) : contact.conditions;
  return relisted({ ...contact, conditions }, now);
}

function relisted(contact: AgentContact, now: string): AgentContact {
  const elapsed = since(contact.relistRaisedAt, now);
  // Raised in the future: the clock was put back, which must not silence this.
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

/** Milliseconds; for what has never been, more than any bound. */
function since(instant: string | undefined, now: string): number {
  return instant === undefined ? Number.POSITIVE_INFINITY : Date.parse(now) - Date.parse(instant);
}

function later(a: string, b: string | undefined): string {
  return b !== undefined && Date.parse(b) > Date.parse(a) ? b : a;
}
