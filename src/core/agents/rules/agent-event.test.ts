/** What an agent's events state: which facts, about what, in which order, and which events are the same. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AgentEvent, factsOf, impliedReason } from './agent-event.ts';
import { isNewer, observationOf } from './posted-conditions.ts';

const now = '2026-11-21T07:00:00.000Z';
const at = (minute: number) => `2026-11-21T06:0${minute}:00.000Z`;
const operation = { apiVersion: 'ops.vworkspace.io/v1alpha1', kind: 'Operation', namespace: 'n', name: 'o', uid: 'u' };
const event = (more: Partial<AgentEvent> = {}): AgentEvent => ({
  kind: 'ConditionTransition',
  resourceRef: operation,
  conditions: [{ type: 'Running', status: 'True', reason: 'R', lastTransitionTime: at(1) }],
  timestamp: at(2),
  ...more,
});
const facts = (...events: readonly AgentEvent[]) => factsOf(events, now).facts;
const told = (...events: readonly AgentEvent[]) =>
  facts(...events).map(({ about, condition }) => `${about} ${condition.type}`);

test('each condition of a transition is a fact about its resource, as far as the resource is known here', () => {
  const two = [
    { type: 'A', status: 'True' as const },
    { type: 'B', status: 'False' as const },
  ];
  assert.deepEqual(told(event({ conditions: two })), ['Operation A', 'Operation B']);
  const application = { ...operation, apiVersion: 'apps.vworkspace.io/v1alpha1', kind: 'ApplicationInstance' };
  assert.deepEqual(told(event({ resourceRef: application })), ['ApplicationInstance Running']);
  for (const resourceRef of [
    { ...operation, apiVersion: 'batch/v1' },
    { ...operation, kind: 'Job' },
    { ...application, apiVersion: 'ops.vworkspace.io/v1alpha1' },
  ])
    assert.deepEqual(told(event({ resourceRef })), []);
  assert.deepEqual(told(event({ kind: 'SomethingNew' })), []);
});

test('without conditions the kind of an event about an Operation implies one, and of nothing else', () => {
  for (const [kind, type] of [
    ['OperationAccepted', 'Accepted'],
    ['OperationBlocked', 'Blocked'],
    ['OperationRunning', 'Running'],
    ['OperationSucceeded', 'Succeeded'],
    ['OperationFailed', 'Failed'],
  ]) {
    const [fact] = facts(event({ kind: kind ?? '', conditions: null }));
    assert.deepEqual(
      [fact?.condition.type, fact?.condition.status, fact?.condition.reason, fact?.condition.lastTransitionTime],
      [type, 'True', impliedReason, at(2)],
    );
    assert.deepEqual(told(event({ kind: kind ?? '' })), ['Operation Running'], 'a stated condition counts instead');
  }
  assert.deepEqual(told(event({ conditions: [] })), []);
  const application = { ...operation, apiVersion: 'apps.vworkspace.io/v1alpha1', kind: 'ApplicationInstance' };
  assert.deepEqual(told(event({ kind: 'OperationFailed', resourceRef: application })), []);
});

test('a heartbeat, an overflow and rotated credentials are told as that, whatever resource is named', () => {
  assert.equal(factsOf([event({ kind: 'ClusterHeartbeat' })], now).heartbeat, true);
  assert.equal(factsOf([event()], now).heartbeat, false);
  const elsewhere = { ...operation, apiVersion: 'v1', kind: 'Secret' };
  assert.deepEqual(told(event({ kind: 'BufferOverflow', resourceRef: elsewhere })), ['BufferOverflow BufferOverflow']);
  assert.deepEqual(told(event({ kind: 'CredentialRotated', resourceRef: elsewhere })), [
    'CredentialRotated CredentialRotated',
  ]);
  const overflow = (status: 'True' | 'False') => event({ conditions: [{ type: 'BufferOverflow', status }] });
  assert.deepEqual(told(overflow('True')), ['BufferOverflow BufferOverflow']);
  assert.deepEqual(told(overflow('False')), ['Operation BufferOverflow']);
});

test('facts come oldest first: by generation, then by transition, then by when the event was made', () => {
  const of = (reason: string, generation: number, changed: number, made: number) =>
    event({
      conditions: [
        { type: 'Running', status: 'True', reason, lastTransitionTime: at(changed), observedGeneration: generation },
      ],
      timestamp: at(made),
    });
  const ordered = [of('a', 1, 9, 9), of('b', 2, 1, 5), of('c', 2, 2, 1), of('d', 2, 2, 2)];
  const reasons = facts(...ordered.toReversed()).map(({ condition }) => condition.reason);
  assert.deepEqual(reasons, ['a', 'b', 'c', 'd']);
});

test('the same fact has the same identity however often it comes; another status, reason or time has another', () => {
  const identity = (more: Partial<AgentEvent> = {}, condition: object = {}) => {
    const [stated] = event().conditions ?? [];
    assert.ok(stated !== undefined);
    return facts(event({ conditions: [{ ...stated, ...condition }], ...more }))[0]?.identity;
  };
  assert.equal(identity(), identity({ timestamp: at(9) }));
  assert.equal(identity({ eventKey: 'k' }), identity({ eventKey: 'k', resourceRef: { ...operation, uid: 'v' } }));
  for (const other of [
    identity({ resourceRef: { ...operation, name: 'p' } }),
    identity({ resourceRef: { ...operation, namespace: 'm' } }),
    identity({ resourceRef: { ...operation, uid: 'v' } }),
    identity({ resourceRef: { ...operation, generation: 2 } }),
    identity({ eventKey: 'k' }),
    identity({}, { status: 'False' }),
    identity({}, { reason: 'S' }),
    identity({}, { lastTransitionTime: at(3) }),
  ])
    assert.notEqual(other, identity());
});

test('a time up to an hour ahead is taken as it is, a later one counts as now', () => {
  const since = (lastTransitionTime: string) =>
    facts(event({ conditions: [{ type: 'Running', status: 'True', lastTransitionTime }] }))[0]?.condition
      .lastTransitionTime;
  assert.equal(since('2026-11-21T08:00:00.000Z'), '2026-11-21T08:00:00.000Z');
  assert.equal(since('2026-11-21T08:00:00.001Z'), now);
});

test('a condition that holds states the start or the end with its time; one that is over states neither', () => {
  const status = (type: string, holds: boolean) => {
    const conditions = [{ type, status: holds ? ('True' as const) : ('False' as const), lastTransitionTime: at(1) }];
    const [fact] = facts(event({ conditions }));
    assert.ok(fact !== undefined);
    const { startedAt, finishedAt } = observationOf(fact, 'u').status;
    return [startedAt, finishedAt];
  };
  assert.deepEqual(status('Running', true), [at(1), undefined]);
  assert.deepEqual(status('Running', false), [undefined, undefined]);
  for (const type of ['Succeeded', 'Failed', 'Cancelled']) assert.deepEqual(status(type, true), [undefined, at(1)]);
  assert.deepEqual(status('Succeeded', false), [undefined, undefined]);
  assert.deepEqual(status('Accepted', true), [undefined, undefined]);
});

test('of two conditions the newer is by generation, then by time, and within a second by what must come later', () => {
  const condition = (type: string, status: 'True' | 'False', minute: number, observedGeneration?: number) => ({
    ...{ type, status, reason: 'R', message: '', lastTransitionTime: at(minute) },
    ...(observedGeneration !== undefined && { observedGeneration }),
  });
  const newer = (known: ReturnType<typeof condition>, seen: object, ended = false) =>
    isNewer(known, { ...known, ...seen }, now, ended);
  const running = condition('Running', 'True', 5);
  assert.equal(newer(running, { lastTransitionTime: at(6) }), true);
  assert.equal(newer(running, { lastTransitionTime: at(4) }), false);
  assert.equal(newer(running, { lastTransitionTime: undefined }), true, 'without a time it is from now');
  const second = condition('Running', 'True', 5, 2);
  assert.equal(newer(second, { observedGeneration: 3, lastTransitionTime: at(1) }), true);
  assert.equal(newer(second, { observedGeneration: 1, lastTransitionTime: at(9) }), false);
  assert.equal(newer(second, { observedGeneration: undefined, lastTransitionTime: at(6) }), true);
  assert.equal(newer(running, { observedGeneration: 7, lastTransitionTime: at(4) }), false);
  assert.equal(newer(running, {}), true, 'the same status may have another reason');
  assert.equal(newer(running, {}, true), false, 'but not after the end');
  assert.equal(newer(running, { reason: impliedReason, lastTransitionTime: at(9) }), false);
  assert.equal(newer(running, { status: 'False' }), true);
  assert.equal(newer(condition('Running', 'False', 5), { status: 'True' }), false);
  assert.equal(newer(condition('Succeeded', 'False', 5), { status: 'True' }), true);
  assert.equal(newer(condition('Succeeded', 'True', 5), { status: 'False' }), false);
});

test('a fact has all that was stated of its resource, and where it was not stated the time of its event', () => {
  const [full] = facts(event({ eventKey: 'k', resourceRef: { ...operation, generation: 3 } }));
  assert.deepEqual(full, {
    about: 'Operation',
    identity: JSON.stringify(['k', 'Running', 'True', 'R', at(1)]),
    ref: { namespace: 'n', name: 'o', uid: 'u', generation: 3 },
    condition: {
      type: 'Running',
      status: 'True',
      reason: 'R',
      message: '',
      lastTransitionTime: at(1),
      observedGeneration: 3,
    },
  });
  const bare = { apiVersion: operation.apiVersion, kind: 'Operation', name: 'o', uid: '' };
  const [least] = facts(event({ resourceRef: bare, conditions: [{ type: 'Running', status: 'False' }] }));
  assert.deepEqual(least?.ref, { namespace: '', name: 'o', uid: undefined, generation: undefined });
  assert.deepEqual(least?.condition, {
    type: 'Running',
    status: 'False',
    reason: '',
    message: '',
    lastTransitionTime: at(2),
  });
  const own = { type: 'Running', status: 'True' as const, observedGeneration: 0 };
  const [of] = facts(event({ resourceRef: { ...operation, generation: 3 }, conditions: [own] }));
  assert.equal(of?.condition.observedGeneration, 0, 'that of the condition goes before that of the resource');
});

test('an observation of a posted condition is of its resource alone, and says that it was posted', () => {
  const [fact] = facts(event({ resourceRef: { ...operation, generation: 3 } }));
  assert.ok(fact !== undefined);
  assert.deepEqual(observationOf(fact, 'uid-1'), {
    ...{ name: 'o', namespace: 'n', uid: 'uid-1', deleted: false, source: 'Posted', generation: 3 },
    status: { conditions: [fact.condition], startedAt: at(1) },
  });
});

test('an event keeps each field that is named, takes null for absent, and no generation below nothing', () => {
  const condition = { type: 'Running', status: 'True', reason: 'R', message: 'm', lastTransitionTime: at(1) };
  const whole = {
    ...{ eventKey: 'k', kind: 'ConditionTransition', timestamp: at(2) },
    resourceRef: { ...operation, generation: 0 },
    conditions: [{ ...condition, observedGeneration: 0 }],
  };
  const secret = { managedStorage: { password: 'hunter2' } };
  assert.deepEqual(AgentEvent.parse({ ...whole, ...secret }), whole);
  const bare = { kind: 'ClusterHeartbeat', timestamp: at(2), eventKey: null, conditions: null };
  const nothing = { reason: null, message: null, lastTransitionTime: null, observedGeneration: null };
  for (const event of [
    { ...bare, resourceRef: { ...operation, namespace: null, uid: null, generation: null } },
    { ...whole, conditions: [{ type: 'Running', status: 'Unknown', ...nothing }] },
  ])
    assert.deepEqual(AgentEvent.parse(event), event);
  for (const odd of [
    { resourceRef: { ...operation, generation: -1 } },
    { resourceRef: { ...operation, generation: 1.5 } },
    { conditions: [{ ...condition, observedGeneration: -1 }] },
    { conditions: [{ ...condition, type: '' }] },
    { conditions: [{ ...condition, type: 'T'.repeat(317) }] },
    { eventKey: 'k'.repeat(2049) },
    { kind: 'K'.repeat(317) },
    { conditions: Array(33).fill(condition) },
  ])
    assert.ok(!AgentEvent.safeParse({ ...whole, ...odd }).success, JSON.stringify(odd).slice(0, 80));
  const longest = { eventKey: 'k'.repeat(2048), kind: 'K'.repeat(316), conditions: Array(32).fill(condition) };
  assert.deepEqual(AgentEvent.parse({ ...whole, ...longest }), { ...whole, ...longest });
});

test('the same status in the same second is newer, of all but an Operation that has ended', () => {
  const known = { type: 'Running', status: 'True', reason: 'R', message: 'm', lastTransitionTime: at(1) } as const;
  assert.deepEqual(
    [isNewer(known, known, now), isNewer(known, known, now, false), isNewer(known, known, now, true)],
    [true, true, false],
  );
});
