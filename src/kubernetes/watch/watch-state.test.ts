/** What is said of a watch of many parts, and how long it waits after failures. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ClusterFailure } from '../../core/clusters/rules/failure.ts';
import type { WatchState } from '../../core/observation/ports.ts';
import { defaultTimings } from '../timings.ts';
import { backOffOf } from './back-off.ts';
import { watchParts } from './watch-state.ts';

const refused: ClusterFailure = { kind: 'Refused', status: 403, reason: 'Forbidden', message: 'no' };
const away: ClusterFailure = { kind: 'Unreachable', message: 'away' };
const followed = { kind: 'Followed' } as const;
const failed = (failure: ClusterFailure) => ({ kind: 'Failed', failure }) as const;
const polled = { kind: 'Polled', message: 'now and then' } as const;

function watching(repeatSeconds = 1_000, needed?: 'backups') {
  const states: WatchState[] = [];
  const parts = watchParts(async (state) => void states.push(state), repeatSeconds, needed);
  return { states, parts };
}

describe('the state of a watch', () => {
  test('is Watching once every part has said how it is, and is told again only when it changes', async () => {
    const { states, parts } = watching();
    const [operations, applications] = [parts.join('operations'), parts.join('applicationinstances')];
    await operations.report(followed);
    assert.deepEqual(states, []);
    await applications.report(followed);
    await applications.report(followed);
    assert.deepEqual(states, [{ kind: 'Watching' }]);
    await applications.report(polled);
    assert.deepEqual(states.slice(1), [
      { kind: 'Watching', limited: [{ resource: 'applicationinstances', reason: 'Polled', message: 'now and then' }] },
    ]);
  });

  test('is told again where it is to be repeated', async () => {
    const { states, parts } = watching(0);
    const operations = parts.join('operations');
    for (let count = 0; count < 3; count += 1) await operations.report(followed);
    assert.deepEqual(states, Array(3).fill({ kind: 'Watching' }));
  });

  test('is Interrupted while a part has a failure that passes, and when nothing that is needed may be followed', async () => {
    const { states, parts } = watching();
    const [first, second] = [parts.join('operations', 'a'), parts.join('operations', 'b')];
    const applications = parts.join('applicationinstances', 'a');
    await applications.report(failed(away));
    assert.deepEqual(states.splice(0), [{ kind: 'Interrupted', failure: away }], 'whatever others say');
    await applications.report(failed(refused));
    await first.report(failed(refused));
    assert.deepEqual(states.splice(0), [], 'the second has said nothing');
    await second.report(followed);
    const limits = [
      { resource: 'operations', namespace: 'a', reason: 'Refused', message: 'no' },
      { resource: 'applicationinstances', namespace: 'a', reason: 'Refused', message: 'no' },
    ];
    assert.deepEqual(states.splice(0), [{ kind: 'Watching', limited: limits }]);
    await second.report(failed(refused));
    assert.deepEqual(states.splice(0), [{ kind: 'Interrupted', failure: refused }]);
    await first.leave();
    await first.leave();
    assert.deepEqual(states.splice(0), []);
    await second.report(followed);
    assert.deepEqual(states.splice(0), [{ kind: 'Watching', limited: limits.slice(1) }]);
    await first.report(polled);
    const again = { resource: 'operations', namespace: 'a', reason: 'Polled', message: 'now and then' };
    assert.deepEqual(states.splice(0), [{ kind: 'Watching', limited: [...limits.slice(1), again] }], 'it counts again');
    await second.leave();
    await first.leave();
    assert.deepEqual(states, [], 'without any that is needed there is nothing to say');
  });

  test('names the kind that is needed, and a hundred limits at most', async () => {
    const { states, parts } = watching(1_000, 'backups');
    await parts.join('restores').report(failed(refused));
    assert.deepEqual(states, []);
    await parts.join('backups').report(failed(refused));
    assert.deepEqual(states.splice(0), [{ kind: 'Interrupted', failure: refused }]);
    const many = watching();
    const members = Array.from({ length: 101 }, (_, n) => many.parts.join('operations', `n${n}`));
    for (const member of members) await member.report(polled);
    const [state] = many.states;
    assert.equal(state?.kind === 'Watching' && state.limited?.length, 100);
  });
});

describe('a watch waits', () => {
  const within = (seconds: number, [least, most]: readonly [number, number], what: string) =>
    assert.ok(seconds >= least && seconds <= most, `${what}: ${seconds}`);

  test('twice as long after each failure, from 0.8 s to 20 s, and from the first again after two healthy minutes', () => {
    const backOff = backOffOf(defaultTimings);
    const waits = (ceilings: readonly number[]) => {
      for (const ceiling of ceilings) within(backOff.next(away), [ceiling / 10, ceiling], `up to ${ceiling}`);
    };
    waits([0.8, 1.6, 3.2, 6.4, 12.8, 20]);
    for (let count = 0; count < 40; count += 1) within(backOff.next(undefined), [2, 20], 'at most');
    backOff.healthy(119);
    within(backOff.next(away), [2, 20], 'not healthy for long enough');
    backOff.healthy(119);
    within(backOff.next(away), [2, 20], 'a failure in between');
    backOff.healthy(60);
    backOff.healthy(60);
    waits([0.8, 1.6]);
  });

  test('for a person where it is refused, and never less than the cluster asks for', () => {
    const backOff = backOffOf(defaultTimings);
    for (const failure of [refused, { kind: 'CredentialsRejected', message: 'no' } as const])
      within(backOff.next(failure), defaultTimings.refusedSeconds, failure.kind);
    const asked = { retryAfterSeconds: 40, message: 'slowly' };
    for (const kind of ['Throttled', 'ServerError'] as const)
      within(backOffOf(defaultTimings).next({ kind, ...asked }), [40.08, 40.8], kind);
  });
});
