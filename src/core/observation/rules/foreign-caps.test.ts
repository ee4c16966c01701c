import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capped, leftOutText, pauseSeconds, togetherLeftOut } from './foreign-caps.ts';
import { type ForeignOperation, foreignOperation } from './foreign-operation.ts';

const now = '2026-05-28T10:00:00.000Z';
const cluster = { id: 'c', organizationId: 'o', createdAt: '2026-05-01T00:00:00.000Z' };

function made(
  n: number,
  target: string,
  type = 'Backup',
  phase: 'Running' | 'Succeeded' = 'Running',
): ForeignOperation {
  const createdAt = new Date(Date.parse(now) - (1_000 - n) * 1_000).toISOString();
  const observation = {
    ...{ name: `${target}-${n}`, namespace: 'apps', uid: `u-${n}`, deleted: false, source: 'Watched' as const },
    createdAt,
    status: { phase, ...(phase !== 'Running' && { finishedAt: createdAt }) },
    spec: { type, engine: 'velero', target, parameters: {} },
  };
  const found = foreignOperation({ observation, cluster, own: [] }, () => `id-${n}`, now);
  assert.ok(found);
  return found;
}
const isRegistered = ({ operation }: ForeignOperation) => operation.target === 'shop';
const names = (all: readonly ForeignOperation[]) => all.map(({ operation }) => operation.name).toSorted();
const decide = (all: readonly ForeignOperation[], cluster: number, organization = 0) =>
  capped(all, { cluster, organization }, { cluster: 10, organization: 20 }, isRegistered);

test('below the limits everything is recorded', () => {
  const all = [made(1, 'unknown'), made(2, 'unknown')];
  assert.deepEqual(decide(all, 8), { taken: all, beyondCount: 0, leftOut: undefined });
});

test('at the limit applications that are not registered are left out, the newest of them last', () => {
  const { taken, leftOut, beyondCount } = decide([made(1, 'unknown'), made(3, 'unknown'), made(2, 'unknown')], 8);
  assert.deepEqual(names(taken), ['unknown-2', 'unknown-3']);
  assert.deepEqual([leftOut, beyondCount], [{ of: 'cluster', limit: 10, count: 1 }, 0]);
});

test('registered applications and open Restores are never left out, however many there are', () => {
  const kept = [made(1, 'shop'), made(2, 'shop', 'Restore'), made(3, 'unknown', 'Restore')];
  const others = [made(4, 'unknown'), made(5, 'unknown', 'Restore', 'Succeeded')];
  const { taken, leftOut, beyondCount } = decide([...others, ...kept], 1_000);
  assert.deepEqual(names(taken), names(kept));
  assert.deepEqual([leftOut?.count, beyondCount], [2, 3]);
});

test('what must be recorded takes the room first', () => {
  const { taken, beyondCount } = decide([made(4, 'unknown'), made(5, 'unknown'), made(1, 'shop')], 8);
  assert.deepEqual(names(taken), ['shop-1', 'unknown-5']);
  assert.equal(beyondCount, 0);
});

test('the limit of the organization holds where the cluster has room, and is named', () => {
  const { taken, leftOut } = decide([made(1, 'unknown')], 0, 20);
  assert.deepEqual([taken, leftOut], [[], { of: 'organization', limit: 20, count: 1 }]);
  assert.match(leftOutText({ of: 'organization', limit: 20, count: 1 }), /1 Operations .* 20 .* organization/);
});

test('what is recorded beyond a limit comes at 20 a second, and holds its watch up for ten seconds at most', () => {
  assert.deepEqual([0, 1, 20, 199, 200, 201, 500].map(pauseSeconds), [0, 0.05, 1, 9.95, 10, 10, 10]);
});

const left = (count: number, limit = 10) => ({ of: 'cluster', limit, count }) as const;

test('what parts of a batch have left out is one sum, under the words of the last part', () => {
  assert.equal(togetherLeftOut([]), undefined);
  assert.equal(togetherLeftOut([undefined, undefined]), undefined);
  assert.deepEqual(togetherLeftOut([undefined, left(2), undefined]), left(2));
  assert.deepEqual(togetherLeftOut([left(2, 10), undefined, left(3, 20)]), left(5, 20));
});

test('what was left out is named with its limit, for whom it holds', () => {
  assert.match(
    leftOutText(left(3)),
    /^3 Operations that others made are left out: 10 are recorded, .* limit of a cluster\./,
  );
  assert.match(leftOutText({ ...left(3), of: 'organization' }), /limit of an organization\./);
  assert.match(
    leftOutText({ ...left(3), of: 'applications' }),
    /^3 applications are left out: .* beyond 10 in a cluster/,
  );
});

test('where both limits leave the same room that of the cluster is named, and what must be recorded is none left out', () => {
  assert.equal(decide([made(1, 'unknown')], 10, 20).leftOut?.of, 'cluster');
  const kept = decide([made(1, 'shop'), made(2, 'shop')], 9);
  assert.deepEqual([kept.leftOut, kept.beyondCount, kept.taken.length], [undefined, 1, 2]);
  const { taken } = decide([made(1, 'shop'), made(2, 'unknown'), made(3, 'unknown')], 8);
  assert.deepEqual(names(taken), ['shop-1', 'unknown-3']);
});
