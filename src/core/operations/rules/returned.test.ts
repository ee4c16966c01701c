/** What becomes of resources of ours that came back, in which words, and that their Operation stays as it is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleOperation } from '../../../../test/support/core/operation-example.ts';
import type { KnownOperation } from './observed/observation.ts';
import { observe } from './observed/observe.ts';
import {
  maxReturnedCount,
  observeDeletion,
  observeReturned,
  type ReturnDecision,
  type ReturnedResource,
  type SeenReturn,
} from './returned.ts';

const at = (second: number) => new Date(Date.parse('2026-05-28T10:00:00Z') + second * 1000).toISOString();
const ended: KnownOperation = {
  ...exampleOperation,
  ...{ uid: 'uid-0', phase: 'Succeeded', startedAt: at(0), finishedAt: at(9), expiresAt: at(3_600) },
};
const restore: KnownOperation = { ...ended, type: 'Restore' };

const seen = (uid: string, more: Partial<SeenReturn> = {}): SeenReturn => ({
  ...{ operationId: ended.id, uid, clusterId: ended.clusterId, namespace: ended.namespace, name: ended.name },
  ...{ resourceVersion: '1', phase: 'Pending', deleted: false },
  ...more,
});

interface Story {
  readonly operation: KnownOperation;
  readonly known: readonly ReturnedResource[];
  readonly told: readonly string[];
}
const begun = (operation: KnownOperation): Story => ({ operation, known: [], told: [] });
const next = ({ known, told }: Story, { operation, resources, events }: ReturnDecision): Story => ({
  operation,
  known: [...new Map([...known, ...resources].map((each) => [each.uid, each])).values()],
  told: [...told, ...events.map(({ reason }) => reason)],
});
const see = (story: Story, second: number, ...all: readonly SeenReturn[]) =>
  all.reduce((before, each) => next(before, observeReturned(before.operation, before.known, each, at(second))), story);
const conditionOf = ({ operation }: Story) => operation.conditions.find(({ type }) => type === 'Returned');
const owed = ({ known }: Story) => known.filter((each) => each.owed === 'Delete').map(({ uid }) => uid);

test('a returned Backup is told once, is never deleted, and changes nothing else of its Operation whatever it does', () => {
  const first = see(begun(ended), 10, seen('uid-1'));
  const { conditions: _, ...same } = ended;
  assert.partialDeepStrictEqual(first.operation, same);
  assert.deepEqual([first.told, owed(first), conditionOf(first)?.status], [['Returned'], [], 'True']);
  assert.match(conditionOf(first)?.message ?? '', /org-myteam\/.*uid-1.*not counted.*It is left.*kubectl/);
  const ran = see(first, 20, seen('uid-1', { phase: 'Running' }), seen('uid-1', { phase: 'Succeeded' }));
  assert.deepEqual(ran.operation, first.operation);
  assert.deepEqual([ran.told, owed(ran), ran.known[0]?.phase], [['Returned'], [], 'Succeeded']);
  const gone = see(ran, 30, seen('uid-1', { deleted: true }), seen('uid-1', { deleted: true }));
  assert.deepEqual([gone.told, conditionOf(gone)?.status], [['Returned', 'ReturnedGone'], 'False']);
});

test('a returned Restore is owed its deletion at once, whatever its phase, until the cluster takes it', () => {
  for (const phase of ['Pending', 'Running', 'Succeeded'] as const) {
    const first = see(begun(restore), 10, seen('uid-1', { phase }));
    assert.deepEqual([owed(first), first.known[0]?.nextAttemptAt], [['uid-1'], at(10)]);
    const failed = next(
      first,
      observeDeletion(
        first.operation,
        first.known,
        'uid-1',
        { kind: 'Failed', problem: 'no right', retryAt: at(40) },
        at(11),
      ),
    );
    assert.deepEqual([owed(failed), failed.known[0]?.nextAttemptAt], [['uid-1'], at(40)]);
    assert.match(conditionOf(failed)?.message ?? '', /Deleting it failed: no right/);
    const taken = next(failed, observeDeletion(failed.operation, failed.known, 'uid-1', { kind: 'Accepted' }, at(41)));
    assert.deepEqual([owed(taken), taken.told], [[], ['Returned', 'ReturnedDeleted']]);
    assert.doesNotMatch(conditionOf(taken)?.message ?? '', /no right/);
    assert.deepEqual(owed(see(taken, 42, seen('uid-1', { resourceVersion: '2' }))), [], 'it is being deleted');
    assert.deepEqual(owed(see(taken, 72, seen('uid-1', { resourceVersion: '3' }))), ['uid-1'], 'and is still there');
    const gone = see(taken, 43, seen('uid-1', { deleted: true }));
    assert.equal(conditionOf(gone)?.reason, 'Gone');
    assert.deepEqual(observeDeletion(gone.operation, gone.known, 'uid-1', { kind: 'Accepted' }, at(44)).resources, []);
  }
});

test('one that a watch tells to be gone before the answer to its deletion is recorded was deleted by us all the same', () => {
  const gone = see(see(begun(restore), 10, seen('uid-1')), 11, seen('uid-1', { deleted: true }));
  const { operation, known } = gone;
  const accepted = next(gone, observeDeletion(operation, known, 'uid-1', { kind: 'Accepted' }, at(12)));
  assert.deepEqual(accepted.told, ['Returned', 'ReturnedGone', 'ReturnedDeleted']);
  assert.equal(conditionOf(accepted)?.reason, 'Gone');
  const failed = { kind: 'Failed', problem: 'no right', retryAt: at(40) } as const;
  assert.deepEqual(observeDeletion(operation, known, 'uid-1', failed, at(12)).events, []);
});

test('two that came back are each told and each deleted, and another one at the same place takes the place of the first', () => {
  const two = see(begun(restore), 10, seen('uid-1'), seen('uid-2', { namespace: 'org-copy' }));
  assert.deepEqual(
    [owed(two), two.told],
    [
      ['uid-1', 'uid-2'],
      ['Returned', 'Returned'],
    ],
  );
  assert.match(conditionOf(two)?.message ?? '', /1 more came back/);
  const replaced = see(two, 20, seen('uid-3'));
  assert.deepEqual(owed(replaced), ['uid-2', 'uid-3']);
  assert.deepEqual(replaced.told.slice(2), ['ReturnedGone', 'Returned']);
});

test('no more than so many of one Operation are recorded at a time', () => {
  const many = Array.from({ length: maxReturnedCount + 5 }, (_, n) => seen(`uid-${n + 1}`, { namespace: `n-${n}` }));
  const story = see(begun(restore), 10, ...many);
  assert.equal(story.known.length, maxReturnedCount);
  assert.equal(
    see(story, 11, seen('uid-1', { namespace: 'n-0', deleted: true }), seen('uid-x')).known.length,
    maxReturnedCount + 1,
  );
});

test('the condition stays when the cluster states other conditions, also one of its name', () => {
  const { operation } = see(begun(ended), 10, seen('uid-1'));
  const stated = { type: 'Returned', status: 'False', reason: 'X', message: 'forged' } as const;
  for (const source of ['Listed', 'Posted'] as const) {
    const after = observe(
      operation,
      {
        ...{ name: ended.name, namespace: ended.namespace, uid: 'uid-0', deleted: false, source },
        status: { phase: 'Succeeded', conditions: [stated] },
      },
      at(20),
    ).operation;
    const own = (known: KnownOperation) => known.conditions.filter(({ type }) => type === 'Returned');
    assert.deepEqual(own(after), own(operation), source);
  }
});

test('the condition is one text: the first that came back, how many more, what to do, and what failed', () => {
  const advice = /Its resource came back as (\S+), under the uid (\S+): .* It is deleted, because it would restore/;
  const one = conditionOf(see(begun(restore), 10, seen('uid-1')))?.message ?? '';
  assert.deepEqual(advice.exec(one)?.slice(1), [`${ended.namespace}/${ended.name}`, 'uid-1']);
  const two = see(begun(restore), 10, seen('uid-1'), seen('uid-2', { namespace: 'org-copy' }));
  const both = conditionOf(two)?.message ?? '';
  assert.match(both, /uid-1.* 1 more came back\. It is deleted/);
  for (const words of [one, both]) assert.doesNotMatch(words, / {2}|^ | $/, 'no part of it is empty');
});
