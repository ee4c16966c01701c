import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Observation } from '../../operations/rules/observed/observation.ts';
import { foreignOperation, isOurs, type OwnOperation } from './foreign-operation.ts';

const now = '2026-05-28T10:00:00.000Z';
const cluster = { id: 'c', organizationId: 'o', createdAt: '2026-05-01T00:00:00.000Z' };
const id = '01997b5e-4c52-7c43-8b5e-0d5a7b1f6a10';

function seen(more: Partial<Observation> = {}, parameters: Record<string, unknown> = {}): Observation {
  return {
    ...{ name: 'by-hand', namespace: 'apps', uid: 'u', deleted: false, source: 'Watched', status: {} },
    createdAt: '2026-05-28T09:00:00Z',
    spec: { type: 'Backup', engine: 'velero', target: 'shop', parameters },
    ...more,
  };
}
const made = (observation: Observation, own: readonly OwnOperation[] = []) =>
  foreignOperation({ observation, cluster, own }, (at) => at, now);

describe("somebody else's Operation", () => {
  test("keeps its copy as long as Velero reads from it, never longer, and Velero's default where it says nothing", () => {
    const cases: readonly [Record<string, unknown>, string, string, number?][] = [
      [{ ttl: '720h' }, '720h', 'cluster'],
      [{ ttl: '48h0m0s' }, '48h', 'cluster'],
      [{ ttl: '90m' }, '1h', 'cluster', 5_400],
      [{ ttl: '90s' }, '1h', 'cluster', 90],
      [{ retention: '90.9s' }, '1h', 'cluster', 90],
      [{ ttl: '1.2s' }, '1h', 'cluster', 1],
      [{ ttl: '2h500ms' }, '2h', 'cluster'],
      [{ ttl: '500ms' }, '720h', 'velero'],
      [{ ttl: `${'0'.repeat(62)}2h` }, '2h', 'cluster'],
      [{ ttl: `${'0'.repeat(63)}2h` }, '720h', 'velero'],
      [{ ttl: '1.5h30m' }, '2h', 'cluster'],
      [{ ttl: '72h', retention: '24h' }, '24h', 'cluster'],
      [{}, '720h', 'velero'],
      [{ ttl: '30d' }, '720h', 'velero'],
      [{ ttl: '24h', retention: '30d' }, '720h', 'velero'],
      [{ ttl: '0s' }, '720h', 'velero'],
      [{ ttl: '-1h' }, '720h', 'velero'],
      [{ ttl: 24 }, '720h', 'velero'],
      [{ ttl: '999999999h' }, '720h', 'velero'],
      [{ ttl: `${'1h'.repeat(100)}x` }, '720h', 'velero'],
    ];
    for (const [parameters, ttl, source, seconds] of cases) {
      const { operation } = made(seen({}, parameters)) ?? {};
      const kept = [operation?.ttl, operation?.ttlSource, operation?.ttlSeconds];
      assert.deepEqual(kept, [ttl, source, seconds], JSON.stringify(parameters));
      assert.deepEqual(operation?.parameters, parameters, 'as applied');
    }
    const restore = made(seen({ spec: { type: 'Restore', engine: 'velero', target: 'shop' } }));
    const other = made(seen({ spec: { type: 'Backup', engine: 'volsync', target: 'shop' } }));
    assert.deepEqual([restore?.operation.ttl, other?.operation.ttl], [undefined, undefined]);
  });

  test('says who made it, in its condition and in its event, without the word for where', () => {
    const { operation, event } = made(seen()) ?? {};
    const by = operation?.requestedBy.replace(/^cluster\//, '');
    assert.ok(by !== undefined && by !== '' && by !== operation?.requestedBy);
    assert.equal(operation?.conditions[0]?.message, `It was made in the cluster by ${by}.`);
    assert.equal(event?.message, `Backup of apps/shop, made in the cluster by ${by}: Pending.`);
  });

  test('with a ttl of 90 s has a copy for 90 s', () => {
    const status = {
      phase: 'Succeeded',
      startedAt: '2026-05-28T09:00:00Z',
      finishedAt: '2026-05-28T09:00:30Z',
    } as const;
    const { operation } = made(seen({ status }, { ttl: '90s' })) ?? {};
    assert.equal(operation?.expiresAt, '2026-05-28T09:01:30.000Z');
  });

  test('names who applied type and target, not who touched it last', () => {
    const by = (...managers: NonNullable<Observation['managers']>) => made(seen({ managers }))?.operation.requestedBy;
    const touched = { manager: 'kubectl-edit', at: '2026-05-28T09:59:00Z', ownsTarget: false };
    assert.equal(by({ manager: 'argocd', at: '2026-05-28T09:00:00Z', ownsTarget: true }, touched), 'cluster/argocd');
    assert.equal(by({ manager: 'early', at: '2026-05-28T08:00:00Z' }, touched), 'cluster/kubectl-edit');
    assert.equal(by({ manager: 'a\nb\u0000' }), 'cluster/a b ');
    assert.equal(by(), 'cluster/unknown');
  });

  test('sorts by when it was made there, yet never into the future', () => {
    assert.equal(made(seen())?.operation.id, '2026-05-28T09:00:00.000Z');
    assert.equal(made(seen({ createdAt: '9999-01-01T00:00:00Z' }))?.operation.createdAt, now);
    assert.equal(made(seen({ createdAt: '0001-01-01T00:00:00Z' }))?.operation.createdAt, '1970-01-01T00:00:00.000Z');
  });

  test('gets an event while it goes on or has ended lately, and is history when a list shows its end', () => {
    const ended = (finishedAt: string, source: 'Listed' | 'Watched') => {
      const found = made(seen({ source, status: { phase: 'Failed', finishedAt } }));
      return [found?.history, found?.event?.type];
    };
    assert.deepEqual(ended('2026-05-28T09:30:00Z', 'Watched'), [false, 'Warning']);
    assert.deepEqual(ended('2026-05-28T09:30:00Z', 'Listed'), [true, 'Warning']);
    assert.deepEqual(ended('2026-05-26T09:30:00Z', 'Listed'), [true, undefined]);
    const before = foreignOperation(
      {
        observation: seen({ source: 'Listed', status: { phase: 'Succeeded', finishedAt: '2026-05-28T09:30:00Z' } }),
        cluster: { ...cluster, createdAt: '2026-05-28T09:45:00.000Z' },
        own: [],
      },
      (at) => at,
      now,
    );
    assert.deepEqual([before?.history, before?.event], [true, undefined], 'before the cluster was registered');
    const running = made(seen({ source: 'Listed', status: { phase: 'Running' } }));
    assert.deepEqual([running?.history, running?.event?.reason], [false, 'Observed']);
  });

  test('is ours when it carries the annotation of a row at its place, or stands where ours is on its way to', () => {
    const row: OwnOperation = {
      ...{ id, namespace: 'apps', name: 'by-hand', expected: false, here: true },
      ...{ type: 'Backup', engine: 'velero', target: 'shop' },
    };
    assert.equal(isOurs(seen({ operationId: id }), [row]), true);
    assert.equal(isOurs(seen({ operationId: id.toUpperCase() }), [row]), true);
    assert.equal(isOurs(seen(), [{ ...row, expected: true }]), true);
    assert.equal(isOurs(seen(), [row]), false);
    assert.equal(isOurs(seen({ operationId: id }), [{ ...row, here: false }]), false);
    assert.equal(isOurs(seen({ operationId: id, name: 'copy' }), [row]), false);
    assert.equal(isOurs(seen({ namespace: 'other' }), [{ ...row, expected: true }]), false);
  });
});

test('a row of it has all that the cluster states, as delivered when it was created there', () => {
  const parameters = {
    'k\u0000': ['a\u0000', null, 7, { inner: '\ud800' }],
    none: undefined,
    long: 'x'.repeat(32_769),
  };
  const { operation, event, history } = made(seen({}, parameters)) ?? assert.fail();
  const createdAt = '2026-05-28T09:00:00.000Z';
  const message = 'It was made in the cluster by unknown.';
  const { observedVersion: _, ...row } = operation;
  assert.deepEqual(row, {
    ...{
      id: createdAt,
      organizationId: 'o',
      clusterId: 'c',
      name: 'by-hand',
      namespace: 'apps',
      uid: 'u',
      target: 'shop',
    },
    ...{
      type: 'Backup',
      engine: 'velero',
      ttl: '720h',
      ttlSource: 'velero',
      origin: 'cluster',
      requestedBy: 'cluster/unknown',
    },
    parameters: { 'k\uFFFD': ['a\uFFFD', null, 7, { inner: '\uFFFD' }], none: null, long: `${'x'.repeat(32_765)}…` },
    ...{ phase: 'Pending', outputs: {}, warnings: [], createdAt, deliveredAt: createdAt, observedAt: now, revision: 1 },
    conditions: [{ type: 'Delivered', status: 'True', reason: 'Applied', message, lastTransitionTime: createdAt }],
  });
  const about = {
    organizationId: 'o',
    clusterId: 'c',
    operationId: createdAt,
    type: 'Normal',
    reason: 'Observed',
    at: now,
  };
  assert.deepEqual(
    [history, event],
    [false, { ...about, message: 'Backup of apps/shop, made in the cluster by unknown: Pending.' }],
  );
});

test('its end is news for a day to the second, and from the registration of its cluster on', () => {
  const isTold = (finishedAt: string, createdAt = cluster.createdAt) => {
    const observation = seen({ status: { phase: 'Succeeded', finishedAt } });
    return (
      foreignOperation({ observation, cluster: { ...cluster, createdAt }, own: [] }, (at) => at, now)?.event !==
      undefined
    );
  };
  assert.deepEqual([isTold('2026-05-27T10:00:00.000Z'), isTold('2026-05-27T10:00:00.001Z')], [false, true]);
  const at = '2026-05-28T09:30:00.000Z';
  assert.deepEqual([isTold(at, at), isTold(at, '2026-05-28T09:30:00.001Z')], [true, false]);
});

test('it names the id that it carries, unless that is the id of an Operation of ours that is here', () => {
  const row: OwnOperation = {
    ...{ id, namespace: 'apps', name: 'ours', expected: false, here: true },
    ...{ type: 'Backup', engine: 'velero', target: 'shop' },
  };
  const other = { ...row, id: '01997b5e-4c52-7c43-8b5e-0d5a7b1f6a11' };
  const by = (own: readonly OwnOperation[], operationId: string | undefined = id) =>
    made(seen({ operationId }), own)?.operation.requestedBy;
  const elsewhere = `cluster/unknown (Operation ${id} of another control plane)`;
  assert.equal(by([row]), 'cluster/unknown');
  assert.equal(by([other, row]), 'cluster/unknown');
  for (const own of [[], [other], [{ ...row, here: false }]]) assert.equal(by(own), elsewhere);
  assert.equal(by([], 'x'.repeat(65)), `cluster/unknown (Operation ${'x'.repeat(61)}… of another control plane)`);
  assert.equal(isOurs(seen({ operationId: id, name: 'ours' }), [other, row]), true, 'any of the rows');
});
