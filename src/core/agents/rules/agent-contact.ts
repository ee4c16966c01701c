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

export interface AgentStanding {
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
export function heard(
  standing: AgentStanding,
  { heartbeat, relist }: { readonly heartbeat: boolean; readonly relist: boolean },
  now: string,
): AgentStanding {
  const gap = standing.heartbeatAt !== undefined && since(later(standing.heartbeatAt, standing.gapToldAt), now) > gapMs;
  const lastContactAt = since(standing.lastContactAt, now) > contactEveryMs ? now : standing.lastContactAt;
  return relisted(
    {
      ...standing,
      lastContactAt,
      ...(gap && { gapToldAt: now }),
      ...(heartbeat && {
        heartbeatAt: now,
        lastContactAt: now,
        conditions: withCondition(standing.conditions, connected(now)),
      }),
      relistWanted: standing.relistWanted || relist || gap,
    },
    now,
  );
}

/** When a while has passed, whatever was posted. */
export function afterWhile(standing: AgentStanding, now: string): AgentStanding {
  const { tokenCreatedAt, heartbeatAt } = standing;
  const silent = tokenCreatedAt !== undefined && since(heartbeatAt ?? tokenCreatedAt, now) > silenceMs;
  const conditions = silent ? withCondition(standing.conditions, disconnected(heartbeatAt, now)) : standing.conditions;
  return relisted({ ...standing, conditions }, now);
}

function relisted(standing: AgentStanding, now: string): AgentStanding {
  const elapsed = since(standing.relistRaisedAt, now);
  // Raised in the future: the clock was put back, which must not silence this.
  if (!standing.relistWanted || (elapsed >= 0 && elapsed < relistEveryMs)) return standing;
  return { ...standing, relistWanted: false, relistRaisedAt: now, relistRevision: standing.relistRevision + 1 };
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
