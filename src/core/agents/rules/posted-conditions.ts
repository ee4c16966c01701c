/**
 * Which posted conditions are news for an Operation. The fold takes the one that changed later; here is what it cannot
 * see: generations, changes within one second that came in another order, and conditions that only the kind of an event
 * told. So that posted events, in any order and however often, add nothing to what the watch tells.
 */

import type { Condition } from '../../kernel/rules/condition.ts';
import type { ObservedConditions } from '../../kernel/rules/observed-conditions.ts';
import type { Observation, Observed } from '../../operations/rules/observation.ts';
import { observe } from '../../operations/rules/observe.ts';
import { isTerminal, type Operation } from '../../operations/rules/operation.ts';
import { type AgentFact, impliedReason } from './agent-event.ts';

type SeenCondition = NonNullable<ObservedConditions[number]>;

const ends: readonly string[] = ['Succeeded', 'Failed', 'Cancelled'];
/** These pass: of two changes in the same second, their end is the later one. All others only come to be. */
const passing: readonly string[] = ['Running', 'Blocked', 'Pending'];

export function observePosted(operation: Operation, observation: Observation, now: string): Observed {
  const conditions = (observation.status.conditions ?? []).filter((seen) => {
    const known = operation.conditions.find(({ type }) => type === seen?.type);
    return known === undefined || seen === undefined || isNewer(known, seen, now, isTerminal(operation.phase));
  });
  // That it ran is over and still tells since when.
  const began = operation.startedAt === undefined && observation.status.startedAt !== undefined;
  if (conditions.length === 0 && !began) return { operation, changed: false, events: [] };
  return observe(operation, { ...observation, status: { ...observation.status, conditions } }, now);
}

/** What a fact says of its Operation, in the fold's words. */
export function observationOf({ ref, condition }: AgentFact, uid: string): Observation {
  const { type, status, lastTransitionTime: at } = condition;
  const holds = status === 'True';
  return {
    name: ref.name,
    namespace: ref.namespace,
    uid,
    deleted: false,
    source: 'Posted',
    generation: ref.generation,
    status: {
      conditions: [condition],
      ...(holds && type === 'Running' && { startedAt: at }),
      ...(holds && ends.includes(type) && { finishedAt: at }),
    },
  };
}

/** By generation, then by transition time. `ended`: of two in the same second the words that are there stay. */
export function isNewer(known: Condition, seen: SeenCondition, now: string, ended = false): boolean {
  if (seen.reason === impliedReason && seen.status === known.status) return false;
  const { observedGeneration: generation } = known;
  const generations = generation === undefined ? 0 : (seen.observedGeneration ?? generation) - generation;
  if (generations !== 0) return generations > 0;
  const later = Date.parse(seen.lastTransitionTime ?? now) - Date.parse(known.lastTransitionTime);
  if (later !== 0) return later > 0;
  if (seen.status === known.status) return !ended;
  return seen.status === (passing.includes(seen.type) ? 'False' : 'True');
}
