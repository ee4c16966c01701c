/** Which calls one claim makes, in which order, and which answer counts. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { exampleOperation } from '../../../test/support/core/operation-example.ts';
import type { ClusterTarget } from '../clusters/ports.ts';
import type { KnownOperation, Observation } from '../operations/rules/observed/observation.ts';
import type { DeliveryAction } from '../operations/rules/operation.ts';
import { type Destination, deliverOne } from './deliver-one.ts';
import type { ClusterAnswer } from './rules/answer.ts';
import { nothingKnown } from './rules/may-delete.ts';

const { name, namespace, id } = exampleOperation;
const seen: Observation = {
  ...{ name, namespace, uid: 'u', deleted: false, status: {}, source: 'Listed', resourceVersion: '7', operationId: id },
};
const found: ClusterAnswer = { kind: 'Found', observation: seen };
const another: ClusterAnswer = { kind: 'Found', observation: { ...seen, operationId: 'another' } };
const absent: ClusterAnswer = { kind: 'Absent' };
const applied: ClusterAnswer = { kind: 'Applied', uid: 'u', warnings: [] };
const refused: ClusterAnswer = { kind: 'Refused', status: 403, reason: 'Forbidden', message: 'no' };
const modified: ClusterAnswer = { kind: 'Refused', status: 409, reason: 'Modified', message: 'changed' };
const unreachable: ClusterAnswer = { kind: 'Unreachable', message: 'away' };
const deleted: ClusterAnswer = { kind: 'Deleted' };

interface Scripted {
  readonly action?: DeliveryAction;
  readonly operation?: Partial<KnownOperation>;
  readonly unanswered?: number;
  readonly past?: boolean;
  /** The answers in the order of the calls. */
  readonly answers: readonly ClusterAnswer[];
}

/** The calls that were made, and the answer. */
async function delivered({ action = 'Apply', operation, unanswered = 1, past = false, answers }: Scripted) {
  const left = [...answers];
  const calls: string[] = [];
  const call = async (what: string): Promise<ClusterAnswer> => {
    calls.push(what);
    const answer = left.shift();
    assert.ok(answer, `no answer is scripted for ${what}`);
    return answer;
  };
  const destination: Destination = {
    target: {} as ClusterTarget,
    api: {
      apply: () => assert.fail('it is applied by the destination'),
      read: (_, resource) => call(`read ${resource.namespace}/${resource.name}`),
      remove: (_, resource) =>
        call(`remove ${resource.namespace}/${resource.name} ${resource.uid} ${resource.resourceVersion}`),
    },
    apply: (applying, sendUntil) => call(`apply ${applying.name} ${sendUntil}`),
    isPastDeliverBefore: () => past,
    deletionFacts: async () => nothingKnown,
  };
  const known: KnownOperation = { ...exampleOperation, recordPosition: '1', ...operation };
  const claim = { operation: known, action, unanswered, attempts: 1, leaseId: 'l' };
  const answer = await deliverOne(destination, claim, 99);
  assert.deepEqual(left, [], 'answers that nobody asked for');
  return { calls, answer };
}

const apply = `apply ${name} 99`;
const read = `read ${namespace}/${name}`;
const remove = `remove ${namespace}/${name} u 7`;

describe('a claim', () => {
  test('is one apply, whose answer counts', async () => {
    for (const answer of [applied, refused, unreachable])
      assert.deepEqual(await delivered({ answers: [answer] }), { calls: [apply], answer });
  });

  test('past its deadline is looked for, and never applied; what is not ours is not it', async () => {
    assert.deepEqual(await delivered({ past: true, answers: [found] }), { calls: [read], answer: found });
    assert.deepEqual(await delivered({ past: true, answers: [another] }), { calls: [read], answer: absent });
    assert.deepEqual(await delivered({ past: true, answers: [unreachable] }), { calls: [read], answer: unreachable });
  });

  test('that is refused is looked for, if a call before it may have created the resource', async () => {
    for (const [unanswered, answers, calls, answer] of [
      [1, [refused], [apply], refused],
      [2, [refused, found], [apply, read], found],
      [2, [refused, absent], [apply, read], refused],
      [2, [refused, another], [apply, read], refused],
      [2, [refused, unreachable], [apply, read], refused],
      [2, [applied], [apply], applied],
      [2, [unreachable], [apply], unreachable],
    ] as const)
      assert.deepEqual(await delivered({ unanswered, answers }), { calls, answer });
  });

  test('of a version before is looked for first, if it may have been applied, and applied where it is not there', async () => {
    const before = { recordPosition: undefined };
    for (const [operation, unanswered, answers, calls, answer] of [
      [before, 1, [applied], [apply], applied],
      [before, 2, [found], [read], found],
      [before, 2, [absent, applied], [read, apply], applied],
      [{ ...before, uid: 'u' }, 1, [found], [read], found],
      [{ ...before, uid: 'gone' }, 1, [found, applied], [read, apply], applied],
      [before, 2, [unreachable], [read], unreachable],
      [{ uid: 'u' }, 1, [applied], [apply], applied],
      [{ uid: 'u' }, 2, [applied], [apply], applied],
    ] as const)
      assert.deepEqual(await delivered({ operation, unanswered, answers }), { calls, answer });
  });

  test('of a deletion deletes the version that it saw, and looks again where that has changed, four times', async () => {
    const action = 'Cancel';
    assert.deepEqual(await delivered({ action, answers: [found, deleted] }), {
      ...{ calls: [read, remove], answer: { kind: 'Deleted', uid: 'u' } },
    });
    for (const answer of [refused, unreachable])
      assert.deepEqual(await delivered({ action, answers: [found, answer] }), { calls: [read, remove], answer });
    for (const answer of [absent, unreachable])
      assert.deepEqual(await delivered({ action, answers: [answer] }), { calls: [read], answer });
    assert.deepEqual(await delivered({ action, answers: [another] }), { calls: [read], answer: absent });
    assert.deepEqual((await delivered({ action, answers: [found, modified, found, deleted] })).answer.kind, 'Deleted');
    const { calls, answer } = await delivered({ action, answers: Array(4).fill([found, modified]).flat() });
    assert.deepEqual([calls.length, answer.kind], [8, 'ServerError']);
  });

  test('of a deletion that may not be made says why, and makes no call', async () => {
    const ended: ClusterAnswer = { kind: 'Found', observation: { ...seen, status: { phase: 'Succeeded' } } };
    assert.deepEqual(await delivered({ action: 'Cancel', answers: [ended] }), {
      ...{ calls: [read], answer: { ...ended, verdict: 'Leave' } },
    });
    const leaving: ClusterAnswer = {
      kind: 'Found',
      observation: { ...seen, deletingSince: exampleOperation.createdAt },
    };
    assert.deepEqual((await delivered({ action: 'Cancel', answers: [leaving] })).answer, {
      ...leaving,
      verdict: 'Wait',
    });
  });
});
