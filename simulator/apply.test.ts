import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startCluster } from './index.ts';
import { listAt, objectAt, text } from './json.ts';
import type { SimulatedCluster } from './options.ts';
import { apply, call, MERGE, OPERATIONS, operation } from './testing.ts';

let cluster: SimulatedCluster;
before(async () => {
  cluster = await startCluster({ speed: 1 });
  // Not open to the operator, so that nobody else writes.
  cluster.addNamespace('org-myteam', { labels: {} });
  cluster.addApplicationInstance('org-myteam', 'nextcloud');
});
after(() => cluster.close());

test('applying the same object again leaves the resourceVersion alone', async () => {
  const first = await apply(cluster, operation('same'));
  const second = await apply(cluster, operation('same'));
  assert.equal(first.code, 201);
  assert.equal(second.code, 200);
  assert.equal(text(second.body, 'metadata', 'resourceVersion'), text(first.body, 'metadata', 'resourceVersion'));
});

test('applying with a uid never creates', async () => {
  const answer = await apply(cluster, operation('absent', {}, { uid: '11111111-1111-1111-1111-111111111111' }));
  assert.equal(answer.code, 409);
  assert.match(
    text(answer.body, 'message'),
    /uid mismatch: the provided object specified uid .*, and no existing object was found/,
  );
  assert.equal(cluster.get('operations', 'org-myteam', 'absent'), undefined);
});

test('a field of another manager is refused unless it has the same value or force is set', async () => {
  await apply(cluster, operation('owned', { parameters: { ttl: '1h' } }));
  const conflicting = await apply(cluster, operation('owned', { parameters: { ttl: '2h' } }), 'fieldManager=other');
  assert.equal(conflicting.code, 409);
  assert.equal(
    text(conflicting.body, 'message'),
    'Apply failed with 1 conflict: conflict with "test": .spec.parameters.ttl',
  );
  assert.deepEqual(listAt(conflicting.body, 'details', 'causes'), [
    { reason: 'FieldManagerConflict', message: 'conflict with "test"', field: '.spec.parameters.ttl' },
  ]);
  assert.equal(
    (await apply(cluster, operation('owned', { parameters: { ttl: '1h' } }), 'fieldManager=other')).code,
    200,
  );
  const forced = await apply(
    cluster,
    operation('owned', { parameters: { ttl: '2h' } }),
    'fieldManager=other&force=true',
  );
  assert.equal(text(forced.body, 'spec', 'parameters', 'ttl'), '2h');
});

test('what a manager no longer applies goes, unless somebody else owns it', async () => {
  await apply(cluster, operation('shrinks', { parameters: { ttl: '1h', storageLocation: 'default' } }));
  await apply(cluster, operation('shrinks', { parameters: { ttl: '1h' } }), 'fieldManager=other');
  const answer = await apply(cluster, operation('shrinks'));
  assert.deepEqual(objectAt(answer.body, 'spec', 'parameters'), { ttl: '1h' });
});

test('an update takes fields over and shows in managedFields', async () => {
  await apply(cluster, operation('taken', { parameters: { ttl: '1h' } }));
  await call(cluster, 'PATCH', `${OPERATIONS}/taken?fieldManager=hand`, {
    body: { spec: { parameters: { ttl: '5h' } } },
    type: MERGE,
  });
  const answer = await apply(cluster, operation('taken', { parameters: { ttl: '1h' } }));
  assert.match(
    text(answer.body, 'message'),
    /conflict with "hand" using ops\.vworkspace\.io\/v1alpha1: \.spec\.parameters\.ttl/,
  );
});

test('generation grows with the spec only, and each endpoint changes only its part', async () => {
  await apply(cluster, operation('parts'));
  const labelled = await call(cluster, 'PATCH', `${OPERATIONS}/parts`, {
    body: { metadata: { labels: { a: 'b' } }, status: { phase: 'Failed' } },
    type: MERGE,
  });
  assert.equal(objectAt(labelled.body, 'metadata').generation, 1);
  assert.equal(labelled.body.status, undefined);
  const status = await call(cluster, 'PATCH', `${OPERATIONS}/parts/status`, {
    body: { spec: { engine: 'helm' }, status: { phase: 'Running' } },
    type: MERGE,
  });
  assert.equal(text(status.body, 'spec', 'engine'), 'velero');
  assert.equal(text(status.body, 'status', 'phase'), 'Running');
  assert.equal(objectAt(status.body, 'metadata').generation, 1);
});

test('unknown fields are dropped with a warning, refused when strict, and never applied', async () => {
  const warned = await call(cluster, 'POST', OPERATIONS, { body: operation('unknown', { bogus: 1 }) });
  assert.equal(warned.code, 201);
  assert.equal(warned.headers.warning, '299 - "unknown field \\"spec.bogus\\""');
  assert.equal(objectAt(warned.body, 'spec').bogus, undefined);
  const strict = await call(cluster, 'POST', `${OPERATIONS}?fieldValidation=Strict`, {
    body: operation('strict', { bogus: 1 }),
  });
  assert.equal(strict.code, 400);
  assert.match(text(strict.body, 'message'), /strict decoding error: unknown field "spec\.bogus"/);
  const applied = await apply(cluster, operation('applied', { bogus: 1 }));
  assert.equal(applied.code, 500);
  assert.match(text(applied.body, 'message'), /\.spec\.bogus: field not declared in schema/);
});

test('what breaks the schema or the naming rules is a 422 with causes', async () => {
  const bad = await call(cluster, 'POST', OPERATIONS, { body: operation('bad', { engine: 'snapshot' }) });
  assert.equal(bad.code, 422);
  assert.match(
    text(bad.body, 'message'),
    /^Operation\.ops\.vworkspace\.io "bad" is invalid: spec\.engine: Unsupported value: "snapshot": supported values: "velero"/,
  );
  assert.equal((await call(cluster, 'POST', OPERATIONS, { body: operation('Bad_Name') })).code, 422);
  assert.equal(
    (await call(cluster, 'POST', OPERATIONS, { body: operation('label', {}, { labels: { a: 'b c' } }) })).code,
    422,
  );
});

test('a stale PUT is a conflict, a strategic merge patch is unsupported, a large body is too large', async () => {
  await apply(cluster, operation('locked'));
  const stale = await call(cluster, 'PUT', `${OPERATIONS}/locked`, {
    body: operation('locked', {}, { resourceVersion: '1' }),
  });
  assert.equal(stale.code, 409);
  const strategic = await call(cluster, 'PATCH', `${OPERATIONS}/locked`, {
    body: {},
    type: 'application/strategic-merge-patch+json',
  });
  assert.equal(strategic.code, 415);
  const large = await call(cluster, 'POST', OPERATIONS, { body: 'x'.repeat(3 * 1024 * 1024 + 1) });
  assert.equal(large.code, 413);
});

test('a dry run answers as if, and stores nothing', async () => {
  const answer = await call(cluster, 'POST', `${OPERATIONS}?dryRun=All`, { body: operation('dry') });
  assert.equal(answer.code, 201);
  assert.equal(cluster.get('operations', 'org-myteam', 'dry'), undefined);
});

test('a finalizer keeps a deleted object, and its removal lets it go', async () => {
  await apply(cluster, operation('held', {}, { finalizers: ['example.com/hold'] }));
  const deleted = await call(cluster, 'DELETE', `${OPERATIONS}/held`);
  assert.notEqual(text(deleted.body, 'metadata', 'deletionTimestamp'), '');
  await call(cluster, 'PATCH', `${OPERATIONS}/held`, { body: { metadata: { finalizers: null } }, type: MERGE });
  assert.equal(cluster.get('operations', 'org-myteam', 'held'), undefined);
  await apply(cluster, operation('sure'));
  const unsure = await call(cluster, 'DELETE', `${OPERATIONS}/sure`, { body: { preconditions: { uid: 'other' } } });
  assert.equal(unsure.code, 409);
});
