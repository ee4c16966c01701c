/**
 * Which changes of a cluster's conditions become events. Trouble is told once it has lasted ten seconds, the end of
 * trouble once it has lasted thirty: so what comes and goes within seconds is told once, not each time. What follows
 * from another condition is not told: a cluster that cannot be reached is not watched either. What was told last is
 * kept, by type, so that of all replicas one tells.
 */

import type { Condition } from '../../kernel/rules/condition.ts';
import type { EventType } from '../../kernel/rules/event.ts';
import type { ClusterEventReason } from './reasons.ts';

/** The reason of the last event by type of condition. */
export type Told = Readonly<Record<string, string>>;

export interface News {
  readonly type: EventType;
  readonly reason: ClusterEventReason;
  readonly message: string;
}

export interface Outcome {
  readonly told: Told;
  readonly news: readonly News[];
  /** When to look again: something is about to have lasted long enough. */
  readonly lookAt: string | undefined;
}

interface Telling extends News {
  readonly lastsMs: number;
}

const troubleMs = 10_000;
const recoveryMs = 30_000;

/**
 * Whether the cluster is worth a look now: its watch has begun to be refused, or is refused no longer, so what it serves
 * or allows has changed. One that only could not be asked for a while is as it was.
 */
export function isWorthALook(before: readonly Condition[], after: readonly Condition[]): boolean {
  const [was, is] = [before, after].map((conditions) => conditions.find(({ type }) => type === 'Watching'));
  if (was === undefined || is === undefined || was.status === is.status) return false;
  return [was, is].some(({ status, reason }) => status === 'False' && reason === 'Refused');
}

export function newsOf(conditions: readonly Condition[], told: Told, now: string): Outcome {
  let next = told;
  const news: News[] = [];
  const looks: number[] = [];
  for (const condition of conditions) {
    const telling = tellingOf(condition, conditions);
    if (telling === undefined || next[condition.type] === telling.reason) continue;
    // That all is well from the beginning is no news, and needs not last to be known.
    if (next[condition.type] === undefined && telling.type === 'Normal') {
      next = { ...next, [condition.type]: telling.reason };
      continue;
    }
    const tellAt = Date.parse(condition.lastTransitionTime) + telling.lastsMs;
    if (tellAt > Date.parse(now)) {
      looks.push(tellAt);
      continue;
    }
    const { lastsMs: _, ...each } = telling;
    next = { ...next, [condition.type]: telling.reason };
    news.push(each);
  }
  const lookAt = looks.length === 0 ? undefined : new Date(Math.min(...looks)).toISOString();
  return { told: next, news, lookAt };
}

function tellingOf(condition: Condition, all: readonly Condition[]): Telling | undefined {
  const { type, status, reason, lastTransitionTime, message } = condition;
  const since = ` Since ${lastTransitionTime}.`;
  const trouble = (word: ClusterEventReason, lastsMs = troubleMs): Telling => ({
    type: 'Warning',
    reason: word,
    message: message + since,
    lastsMs,
  });
  const well = (word: ClusterEventReason, lastsMs = recoveryMs): Telling => ({
    type: 'Normal',
    reason: word,
    message: message + since,
    lastsMs,
  });
  if (status === 'Unknown') return undefined;
  const yes = status === 'True';
  switch (type) {
    case 'Reachable':
      return yes ? well('ClusterReachable') : trouble('ClusterUnreachable');
    case 'Authenticated':
      return yes ? well('CredentialsAccepted', 0) : trouble('CredentialsRejected', 0);
    case 'OperatorReady':
      return yes ? well('OperatorReady', 0) : trouble('OperatorNotReady', 0);
    case 'Watching':
      if (!yes) return follows(all) ? undefined : trouble('WatchInterrupted');
      return well('Watching');
    case 'CredentialsExpiring':
      if (!yes) return { ...well('CredentialsRenewed', 0), message };
      return { ...trouble(reason === 'Expired' ? 'CredentialsExpired' : 'CredentialsExpiring', 0), message };
    default:
      return undefined;
  }
}

/** A watch that ended because nothing can be asked, or nothing is answered to us. */
function follows(all: readonly Condition[]): boolean {
  return all.some(({ type, status }) => (type === 'Reachable' || type === 'Authenticated') && status !== 'True');
}
