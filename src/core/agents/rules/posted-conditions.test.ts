import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { exampleOperation as example } from '../../../../test/support/core/operation-example.ts';
import type { Operation } from '../../operations/rules/operation.ts';
import { type AgentEvent, factsOf } from './agent-event.ts';
import { observationOf, observePosted } from './posted-conditions.ts';

const now = '2026-11-21T07:00:00.000Z';
const uid = 'uid-1';
const at = (seconds: number) => new Date(Date.parse('2026-11-21T06:00:00.000Z') + seconds * 1000).toISOString();

/** A life in which several things happen within the same second. */
const life: readonly (readonly [type: string, status: 'True' | 'False', seconds: number])[] = [
  ['Accepted', 'True', 1],
  ['Succeeded', 'False', 1],
  ['Blocked', 'True', 1],
  ['Blocked', 'False', 1],
  ['Running', 'True', 2],
  ['Running', 'False', 2],
  ['Succeeded', 'True', 2],
];
const events: readonly AgentEvent[] = life.map(([type, status, seconds]) => ({
  kind: 'ConditionTransition',
  resourceRef: { apiVersion: 'ops.vworkspace.io/v1alpha1', kind: 'Operation', namespace: 'n', name: 'o', uid },
  conditions: [{ type, status, reason: `${type}${status}`, lastTransitionTime: at(seconds) }],
  timestamp: at(seconds),
}));

function after(batches: readonly (readonly AgentEvent[])[]) {
  let operation: Operation = { ...example, uid, deliveredAt: at(0) };
  for (const batch of batches)
    for (const fact of factsOf(batch, now).facts)
      operation = observePosted(operation, observationOf(fact, uid), now).operation;
  const { phase, startedAt, finishedAt, conditions } = operation;
  const states = conditions.map(({ type, status, reason, lastTransitionTime }) => [
    type,
    status,
    reason,
    lastTransitionTime,
  ]);
  return { phase, startedAt, finishedAt, states: states.sort() };
}

describe('posted events', () => {
  test('come to the same Operation in any order, repeated, and cut into any batches', () => {
    const expected = after(events.map((event) => [event]));
    assert.deepEqual([expected.phase, expected.startedAt, expected.finishedAt], ['Succeeded', at(2), at(2)]);
    const some = fc.shuffledSubarray([...events], { minLength: 0 });
    const all = fc.shuffledSubarray([...events], { minLength: events.length });
    fc.assert(
      fc.property(some, all, some, fc.nat({ max: 7 }), (before, whole, behind, cut) => {
        const posted = [...before, ...whole, ...behind];
        assert.deepEqual(after([posted.slice(0, cut), ...posted.slice(cut).map((event) => [event])]), expected);
        assert.deepEqual(after([posted]), expected);
      }),
    );
  });

  test('of a clock far ahead count as from now, so that they block nothing for years', () => {
    const [first] = events;
    assert.ok(first !== undefined);
    const ahead = {
      ...first,
      conditions: [{ type: 'Running', status: 'True' as const, lastTransitionTime: '9999-01-01T00:00:00Z' }],
    };
    assert.equal(factsOf([ahead], now).facts[0]?.condition.lastTransitionTime, now);
  });
});
