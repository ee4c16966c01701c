/** Which changes of an Operation are told, in which words, and as what. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleOperation as before } from '../../../../test/support/core/operation-example.ts';
import { eventsOfChange } from './change-events.ts';
import type { Operation } from './operation.ts';

const now = '2026-05-28T10:10:00.000Z';
const condition = (type: string, status: 'True' | 'False' = 'True', reason = 'R', message = '') => ({
  ...{ type, status, reason, message },
  lastTransitionTime: now,
});
const told = (change: Partial<Operation>, known: Operation = before) =>
  eventsOfChange(known, { ...known, ...change }, now).map(
    ({ type, reason, message }) => `${type} ${reason}: ${message}`,
  );
const since = (conditions: Operation['conditions'], known: Operation['conditions']) =>
  told({ conditions }, { ...before, conditions: known });

test('each condition that became true is told once, with its reason and message; what is bad is a Warning', () => {
  assert.deepEqual(told({ conditions: ['Accepted', 'Blocked', 'Degraded', 'Failed'].map((type) => condition(type)) }), [
    'Normal Accepted: R',
    'Warning Blocked: R',
    'Warning Degraded: R',
    'Warning Failed: R',
  ]);
  assert.deepEqual(told({ conditions: [condition('Accepted', 'True', 'R', 'm')] }), ['Normal Accepted: R: m']);
  assert.deepEqual(told({ conditions: [condition('Accepted', 'False')] }), []);
  assert.deepEqual(since([condition('Accepted')], [condition('Accepted')]), []);
  assert.deepEqual(since([condition('Accepted')], [condition('Accepted', 'False')]), ['Normal Accepted: R']);
  assert.deepEqual(since([condition('Blocked', 'True', 'New')], [condition('Blocked')]), ['Warning Blocked: New']);
  assert.deepEqual(since([condition('Blocked', 'True', 'R', 'another')], [condition('Blocked')]), []);
});

test('an event is about the Operation, its schedule, its application and its cluster', () => {
  const scheduled: Operation = { ...before, scheduleId: 's', scheduledFor: now };
  const [event] = eventsOfChange(scheduled, { ...scheduled, phase: 'Running' }, now);
  const { organizationId, clusterId, applicationInstanceId, id: operationId } = before;
  assert.partialDeepStrictEqual(event, {
    ...{ organizationId, clusterId, applicationInstanceId, operationId },
    ...{ scheduleId: 's', at: now },
  });
});

test('a new phase is told unless its condition was', () => {
  assert.deepEqual(told({ phase: 'Running' }), ['Normal Running: The cluster states the phase Running.']);
  assert.deepEqual(told({ phase: 'Failed' }), ['Warning Failed: The cluster states the phase Failed.']);
  assert.deepEqual(told({ phase: 'Failed', conditions: [condition('Failed')] }), ['Warning Failed: R']);
  assert.deepEqual(told({ phase: before.phase }), []);
});

test('a resource under another uid is told as one that returned; a first uid is not', () => {
  assert.deepEqual(told({ uid: 'u' }), []);
  assert.match(told({ uid: 'v' }, { ...before, uid: 'u' }).join(), /^Warning Returned: /);
  assert.deepEqual(told({ uid: 'u' }, { ...before, uid: 'u' }), []);
});

test('a contradiction is told once for each phase, and not as the condition that states it', () => {
  const failed: Operation = { ...before, phase: 'Failed' };
  const contradiction = { phase: 'Succeeded', message: '412 items', at: now } as const;
  const words = 'Warning Contradicted: It is Failed here, and the cluster states Succeeded: 412 items';
  assert.deepEqual(told({ contradiction, conditions: [condition('Succeeded')] }, failed), [words]);
  assert.deepEqual(told({ contradiction: { ...contradiction, message: 'again' } }, { ...failed, contradiction }), []);
  assert.equal(
    told({ contradiction: { ...contradiction, phase: 'Cancelled' } }, { ...failed, contradiction }).length,
    1,
  );
});

test('one that has ended and is blocked again, or has started all the same, is told with the way out', () => {
  const failed: Operation = { ...before, phase: 'Failed' };
  const blocked = condition('Blocked', 'True', 'ConflictingOperation');
  assert.match(
    told({ conditions: [blocked] }, failed).join(),
    /^Warning BlockedAgain: It is Failed here, .* blocked: ConflictingOperation\. If/,
  );
  assert.match(told({ conditions: [{ ...blocked, message: 'x runs' }] }, failed).join(), /blocked: x runs\. If/);
  const running = { inFlightInCluster: { phase: 'Running', message: '', since: now } } as const;
  assert.match(
    told(running, failed).join(),
    /^Warning StartedAfterEnd: It is Failed here, .* cancel it to delete it\.$/,
  );
  for (const known of [
    { ...failed, startedAt: now },
    { ...failed, ...running },
    { ...before, phase: 'Succeeded' as const },
  ])
    assert.deepEqual(told(running, known), []);
  assert.deepEqual(told({ inFlightInCluster: { ...running.inFlightInCluster, phase: 'Pending' } }, failed), []);
});

test('that the resource is gone is told once: of a copy as a warning of what follows, else as what was left there', () => {
  const succeeded: Operation = { ...before, phase: 'Succeeded' };
  const left = 'The cluster no longer has the resource that had been left there.';
  assert.match(told({ resourceGoneAt: now }, succeeded).join(), /^Warning ResourceDeleted: Somebody deleted/);
  for (const known of [
    { ...succeeded, type: 'Restore' },
    { ...before, phase: 'Failed' },
  ] as const)
    assert.deepEqual(told({ resourceGoneAt: now }, known), [`Normal ResourceGone: ${left}`]);
  assert.deepEqual(told({ resourceGoneAt: now }, { ...succeeded, resourceGoneAt: now }), []);
  assert.deepEqual(told({ resourceGoneAt: now }), []);
});
