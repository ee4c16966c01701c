// From a change of a resource to the events that the operator tells of it. Pure.

import type { Json, JsonObject } from './json.ts';
import { at, listAt, objectAt, text } from './json.ts';
import type { ResourceType } from './registry.ts';

const OPERATION_KINDS = ['Accepted', 'Blocked', 'Running', 'Succeeded', 'Failed'];

function resourceRef(type: ResourceType, object: JsonObject): JsonObject {
  const generation = at(object, 'metadata', 'generation');
  return {
    apiVersion: type.apiVersion,
    kind: type.kind,
    namespace: text(object, 'metadata', 'namespace'),
    name: text(object, 'metadata', 'name'),
    uid: text(object, 'metadata', 'uid'),
    ...(typeof generation === 'number' ? { generation } : {}),
  };
}

/** Neither reason nor time is part of the key, as in the operator's. */
function keyOf(reference: JsonObject, condition: Json): string {
  const named = ['apiVersion', 'kind', 'namespace', 'name', 'uid'].map((field) => text(reference, field));
  const generation = at(reference, 'generation') ?? 0;
  return `condition/${named.join('/')}/${text(condition, 'type')}/${text(condition, 'status')}@${String(generation)}`;
}

function kindOf(type: ResourceType, condition: Json): string {
  const word = text(condition, 'type');
  const told = type.plural === 'operations' && text(condition, 'status') === 'True' && OPERATION_KINDS.includes(word);
  return told ? `Operation${word}` : 'ConditionTransition';
}

/** One event for each condition whose status or reason is new. */
export function conditionEvents(
  type: ResourceType,
  object: JsonObject,
  before: JsonObject | undefined,
  now: string,
): readonly JsonObject[] {
  const old = listAt(before, 'status', 'conditions');
  const reference = resourceRef(type, object);
  return listAt(object, 'status', 'conditions')
    .filter((condition) => {
      const was = old.find((each) => text(each, 'type') === text(condition, 'type'));
      return text(was, 'status') !== text(condition, 'status') || text(was, 'reason') !== text(condition, 'reason');
    })
    .map((condition) => ({
      eventKey: keyOf(reference, condition),
      kind: kindOf(type, condition),
      resourceRef: reference,
      conditions: [objectAt({ condition }, 'condition')],
      timestamp: now,
    }));
}

export const heartbeat = (type: ResourceType, cluster: JsonObject, now: string): JsonObject => ({
  kind: 'ClusterHeartbeat',
  resourceRef: resourceRef(type, cluster),
  conditions: [...listAt(cluster, 'status', 'conditions')],
  timestamp: now,
});
