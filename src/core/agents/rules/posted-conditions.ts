/**
 * Which posted conditions are newer than those that an Operation has. The fold takes the condition that changed later
 * (operations/rules/observe.ts). It cannot see generations, changes within one second that came in another order, and
 * conditions that only the kind of an event implies; they are decided here. So posted events, in any order and however
 * often, come to the same Operation as the watch does.
 */

import type { Condition } from '../../kernel/rules/condition.ts';
import type { ObservedConditions } from '../../kernel/rules/observed-conditions.ts';
import type { Observation, Observed } from '../../operations/rules/observed/observation.ts';
import { observe } from '../../operations/rules/observed/observe.ts';
import { isTerminal, type Operation } from '../../operations/rules/operation.ts';
import { type AgentFact, impliedReason } from './agent-event.ts';

type SeenCondition = NonNullable<ObservedConditions[number]>;

const endTypes: readonly string[] = ['Succeeded', 'Failed', 'Cancelled'];
/** These conditions end: of two changes in one second, False is the later one. All others only become True. */
const passingTypes: readonly string[] = ['Running', 'Blocked', 'Pending'];

export function observePosted(operation: Operation, observation: Observation, now: string): Observed {
  const conditions = (observation.status.conditions ?? []).filter((seen) => {
    const known = operation.conditions.find(({ type }) => type === seen?.type);
    return known === undefined || seen === undefined || isNewer(known, seen, now, isTerminal(operation.phase));
  });
  // A condition Running that is over still states when the Operation began.
  const began = operation.startedAt === undefined && observation.status.startedAt !== undefined;
  if (conditions.length === 0 && !began) return { operation, changed: false, events: [] };
  return observe(operation, { ...observation, status: { ...observation.status, conditions } }, now);
}

/** The fact as an observation, which the fold takes. */
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
      ...(holds && endTypes.includes(type) && { finishedAt: at }),
    },
  };
}

/**
 * Whether `seen` is newer than `known`: by generation, then by transition time. With the same status in the same second,
 * it is, unless the Operation has `ended`.
 */
export function isNewer(known: Condition, seen: SeenCondition, now: string, ended = false): boolean {
  if (seen.reason === impliedReason && seen.status === known.status) return false;
  const { observedGeneration: generation } = known;
  const generations = generation === undefined ? 0 : (seen.observedGeneration ?? generation) - generation;
  if (generations !== 0) return generations > 0;
  const later = Date.parse(seen.lastTransitionTime ?? now) - Date.parse(known.lastTransitionTime);
  if (later !== 0) return later > 0;
  if (seen.status === known.status) return !ended;
  return seen.status === (passingTypes.includes(seen.type) ? 'False' : 'True');
}
