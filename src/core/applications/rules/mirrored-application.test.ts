/** The mirror of an application: what of a resource is kept, when a row is written, and which changes are told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventsOfApplication } from './application-events.ts';
import { type Mirrored, markedGone, mirrored } from './mirrored-application.ts';
import { type ObservedApplication, observedApplication } from './observed-application.ts';

const now = '2026-05-28T10:00:00.000Z';
const later = '2026-05-28T11:00:00.000Z';
const made = { id: 'a-1', organizationId: 'o-1', clusterId: 'c-1' };
const seen = { name: 'nextcloud', namespace: 'org-myteam', uid: 'u-1', deleted: false, source: 'Listed' } as const;
const resource = (more: object = {}, metadata: object = {}) => ({
  metadata: { annotations: { 'ops.vworkspace.io/backup': 'velero', other: 'x' }, labels: {}, ...metadata },
  spec: { mode: 'managed', appRef: { catalogId: 'nextcloud' }, chart: { name: 'nextcloud', version: '6.6.2' } },
  status: { conditions: [{ type: 'Ready', status: 'True', reason: 'R', message: 'm', lastTransitionTime: now }] },
  ...more,
});

function observed(object: unknown = resource(), more: Partial<ObservedApplication> = {}): ObservedApplication {
  const found = observedApplication(object, { ...seen, ...more });
  assert.ok(found !== undefined);
  return found;
}
function row(object: unknown = resource(), known?: Mirrored, at = now): Mirrored {
  const next = mirrored(known, observed(object), made, at);
  assert.ok(next !== undefined);
  return next;
}

test('a resource becomes a row with its place, its chart, its capabilities and its conditions', () => {
  assert.deepEqual(row(), {
    ...{ id: 'a-1', organizationId: 'o-1', clusterId: 'c-1', name: 'nextcloud', namespace: 'org-myteam', uid: 'u-1' },
    ...{ mode: 'managed', catalogId: 'nextcloud', chart: 'nextcloud-6.6.2', capabilities: { backup: 'velero' } },
    conditions: [{ type: 'Ready', status: 'True', reason: 'R', message: 'm', lastTransitionTime: now }],
    seenAt: now,
  });
});

test('the same again writes nothing, whenever it is seen; any difference writes', () => {
  const known = row();
  assert.equal(mirrored(known, observed(), made, later), undefined);
  assert.equal(row(resource({ spec: { mode: 'external' } }), known, later).mode, 'external');
  assert.deepEqual(row(resource({}, { annotations: {} }), known, later).capabilities, {});
  assert.equal(row(resource(), { ...known, goneAt: now }, later).goneAt, undefined, 'it is back');
});

test('it is gone when this very resource was deleted, once; another uid in its place is another resource', () => {
  const known = row();
  const deleted = (uid: string) => mirrored(known, observed(resource(), { deleted: true, uid }), made, later);
  assert.deepEqual(deleted('u-1'), { ...known, goneAt: later });
  assert.equal(deleted('u-2'), undefined);
  assert.equal(mirrored(undefined, observed(resource(), { deleted: true }), made, later), undefined);
  assert.equal(markedGone({ ...known, goneAt: now }, later), undefined);
});

test('a resource whose name or uid no row can hold is passed over', () => {
  const of = (more: Partial<ObservedApplication>) => mirrored(undefined, observed(resource(), more), made, now);
  for (const more of [{ name: 'Upper' }, { namespace: 'a.b' }, { uid: '' }, { uid: 'a b' }, { uid: 'x'.repeat(129) }])
    assert.equal(of(more), undefined, JSON.stringify(more));
  for (const more of [{ name: 'with.dots' }, { uid: 'x'.repeat(128) }]) assert.ok(of(more) !== undefined);
});

test('what does not fit is left out, and never the whole resource', () => {
  const strange = { mode: 7, appRef: 'x', chart: 'plain', release: { name: 'r'.repeat(254), namespace: 'n' } };
  const next = row({
    metadata: {},
    spec: strange,
    status: { conditions: [{ type: 'Odd' }, null, { type: 'A', status: 'False' }] },
  });
  assert.deepEqual([next.mode, next.catalogId, next.chart], [undefined, undefined, 'plain']);
  assert.deepEqual([next.releaseName, next.releaseNamespace], [undefined, 'n']);
  assert.deepEqual(next.conditions, [{ type: 'A', status: 'False', reason: '', message: '', lastTransitionTime: now }]);
  const engines = { 'ops.vworkspace.io/backup': 'no good', 'ops.vworkspace.io/restore': 'velero' };
  assert.deepEqual(row(resource({}, { annotations: engines })).capabilities, { restore: 'velero' });
  assert.equal(observedApplication(undefined, seen), undefined);
});

test('the generation that a condition was observed at is kept, also the very first', () => {
  for (const observedGeneration of [0, 7]) {
    const conditions = [{ type: 'Ready', status: 'True', observedGeneration }];
    assert.equal(row(resource({ status: { conditions } })).conditions[0]?.observedGeneration, observedGeneration);
  }
});

test('a condition without a time keeps the known one while its status stays, and has now when it changes', () => {
  const stated = (status: string) => resource({ status: { conditions: [{ type: 'Ready', status }] } });
  const known = row(stated('True'));
  assert.equal(mirrored(known, observed(stated('True')), made, later), undefined);
  assert.equal(row(stated('False'), known, later).conditions[0]?.lastTransitionTime, later);
});

const told = (before: Mirrored | undefined, change: Partial<Mirrored> = {}) =>
  eventsOfApplication(before, { ...row(), ...change }, 'i-1', later).map(({ type, reason }) => `${type} ${reason}`);
const notReady = {
  conditions: [{ type: 'Ready', status: 'False' as const, reason: 'R', message: 'm', lastTransitionTime: now }],
};

test('readiness is told when it changes, and at first sight when it is known to be missing', () => {
  assert.deepEqual(told(row()), []);
  assert.deepEqual(told(undefined), []);
  assert.deepEqual(told(undefined, notReady), ['Warning ApplicationNotReady']);
  assert.deepEqual(told(undefined, { conditions: [] }), []);
  assert.deepEqual(told(row(), notReady), ['Warning ApplicationNotReady']);
  assert.deepEqual(told(row(), { conditions: [] }), ['Warning ApplicationNotReady']);
  assert.deepEqual(told({ ...row(), ...notReady }), ['Normal ApplicationReady']);
  assert.deepEqual(told({ ...row(), ...notReady }, notReady), []);
});

test('a capability that is lost, gained or replaced is told; at first sight only that of a Backup is expected', () => {
  assert.deepEqual(told(undefined, { capabilities: {} }), ['Warning CapabilityMissing']);
  assert.deepEqual(told(row(), { capabilities: {} }), ['Warning CapabilityMissing']);
  assert.deepEqual(told({ ...row(), capabilities: {} }, { capabilities: {} }), []);
  assert.deepEqual(told(row(), { capabilities: { backup: 'velero', restore: 'velero' } }), [
    'Normal CapabilityDeclared',
  ]);
  assert.deepEqual(told(row(), { capabilities: { backup: 'restic' } }), ['Normal CapabilityDeclared']);
});

test('an application that is gone, and one that is back, are told as that', () => {
  assert.deepEqual(told(row(), { goneAt: later, ...notReady }), ['Warning ApplicationGone']);
  assert.deepEqual(told({ ...row(), goneAt: now }), ['Normal ApplicationReturned']);
});

test('a known row keeps its own id, organization and cluster, and a release its name', () => {
  const known = row(resource({}, { annotations: {} }));
  const next = mirrored(known, observed(), { id: 'a-2', organizationId: 'o-2', clusterId: 'c-2' }, later);
  assert.deepEqual([next?.id, next?.organizationId, next?.clusterId], ['a-1', 'o-1', 'c-1']);
  const named = row(resource({ spec: { release: { name: 'r', namespace: 'n' } } }));
  assert.deepEqual([named.releaseName, named.releaseNamespace], ['r', 'n']);
});

test('of a time that is stated anew the new one is kept, and fifty conditions at most', () => {
  const conditions = (count: number, lastTransitionTime: string) => ({
    status: {
      conditions: Array.from({ length: count }, (_, n) => ({ type: `T${n}`, status: 'True', lastTransitionTime })),
    },
  });
  const known = row(resource(conditions(1, now)));
  assert.equal(row(resource(conditions(1, later)), known, later).conditions[0]?.lastTransitionTime, later);
  assert.deepEqual(
    row(resource(conditions(51, now))).conditions.map(({ type }) => type),
    Array.from({ length: 50 }, (_, n) => `T${n}`),
  );
});

test('fifty labels and annotations of the operator and of Kubernetes are read, each of at most 1 KiB', () => {
  const values = {
    'app.vworkspace.io/a': '1',
    'ops.vworkspace.io/b': '2',
    'app.kubernetes.io/c': '3',
    'managed-by': '4',
  };
  const read = (metadata: object) => {
    const { labels, annotations } = observed({ metadata, spec: {} });
    return { labels, annotations };
  };
  assert.deepEqual(read({ labels: { ...values, other: '5' }, annotations: { ...values, other: '5' } }), {
    labels: values,
    annotations: { 'ops.vworkspace.io/b': '2' },
  });
  const long = { 'ops.vworkspace.io/fits': 'x'.repeat(1024), 'ops.vworkspace.io/long': 'x'.repeat(1025) };
  assert.deepEqual(Object.keys(read({ labels: { ...long, 'managed-by': 7 } }).labels), ['ops.vworkspace.io/fits']);
  const many = Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`ops.vworkspace.io/${n}`, 'x']));
  assert.deepEqual(Object.keys(read({ annotations: many }).annotations), Object.keys(many).slice(0, 50));
});

test('an event of an application says whose it is, and in which words', () => {
  const gone = eventsOfApplication(row(), { ...row(), goneAt: later }, 'i-1', later);
  const whose = { organizationId: 'o-1', clusterId: 'c-1', applicationInstanceId: 'i-1', at: later };
  const message = 'The cluster has no ApplicationInstance org-myteam/nextcloud any more.';
  assert.deepEqual(gone, [{ ...whose, type: 'Warning', reason: 'ApplicationGone', message }]);
  const words = (change: Partial<Mirrored>) =>
    eventsOfApplication(row(), { ...row(), ...change }, 'i-1', later).map((event) => event.message);
  assert.deepEqual(words(notReady), ['org-myteam/nextcloud is not ready: R: m']);
  assert.deepEqual(words({ conditions: [] }), ['org-myteam/nextcloud is not ready: it has no condition Ready']);
  assert.deepEqual(words({ capabilities: { backup: 'restic' } }), [
    'org-myteam/nextcloud now allows Backup by restic.',
  ]);
});
