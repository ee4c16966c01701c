// From a change of a resource to the events that the operator tells of it. Pure.

import type { Json, JsonObject } from './json.ts';
import { at, listAt, objectAt, text } from './json.ts';
import type { ResourceType } from './registry.ts';
import type { Vocabulary } from './vocabulary.ts';

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
  const named = ['apiVersion', 'kind', 'namespace', 'name', 'uid'].map((field) => text(reference, field) || '_');
  const generation = at(reference, 'generation') ?? 0;
  return `condition/${named.join('/')}/${text(condition, 'type')}/${text(condition, 'status')}@${String(generation)}`;
}

/** The code knows one kind; the documents name more. */
function kindOf(type: ResourceType, condition: Json, vocabulary: Vocabulary): string {
  const word = text(condition, 'type');
  const told =
    vocabulary === 'documents' &&
    type.plural === 'operations' &&
    text(condition, 'status') === 'True' &&
    OPERATION_KINDS.includes(word);
  return told ? `Operation${word}` : 'ConditionTransition';
}

/** One event for each condition whose status, reason or message is new. */
export function conditionEvents(
  type: ResourceType,
  object: JsonObject,
  before: JsonObject | undefined,
  now: string,
  vocabulary: Vocabulary,
): readonly JsonObject[] {
  const old = listAt(before, 'status', 'conditions');
  const reference = resourceRef(type, object);
  return listAt(object, 'status', 'conditions')
    .filter((condition) => {
      const was = old.find((each) => text(each, 'type') === text(condition, 'type'));
      return ['status', 'reason', 'message'].some((field) => text(was, field) !== text(condition, field));
    })
    .map((condition) => ({
      eventKey: keyOf(reference, condition),
      kind: kindOf(type, condition, vocabulary),
      resourceRef: reference,
      conditions: [objectAt({ condition }, 'condition')],
      timestamp: now,
    }));
}

/** Of the cluster's id, without conditions; the documents have them. */
export const heartbeat = (
  type: ResourceType,
  cluster: JsonObject,
  now: string,
  vocabulary: Vocabulary,
): JsonObject => ({
  kind: 'ClusterHeartbeat',
  resourceRef: {
    apiVersion: type.apiVersion,
    kind: type.kind,
    namespace: '',
    name: text(cluster, 'spec', 'clusterId'),
  },
  ...(vocabulary === 'documents' ? { conditions: [...listAt(cluster, 'status', 'conditions')] } : {}),
  timestamp: now,
});
