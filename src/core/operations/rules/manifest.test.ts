/** What a resource carries: the same each time it is applied, and what its record would need to be made again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleOperation } from '../../../../test/support/core/operation-example.ts';
import { manifestOf } from './manifest.ts';

const cluster = { name: 'cluster-prod-1' };
const fired = {
  ...exampleOperation,
  ...{ scheduleId: '01a1fc2c-56fb-7710-ac89-bd6dadbe4444', scheduledFor: '2026-05-28T10:00:00.000Z' },
  ...{ requestedBy: 'schedule/nightly', requestId: 'req-1', onBehalfOf: 'Zoë', recordPosition: '4711' },
};
const annotationsOf = (more: object = {}) => manifestOf({ ...fired, ...more }, cluster).metadata.annotations;

test('a resource is left out of backups, and says what its record would need to be made again', () => {
  const { labels, annotations } = manifestOf(fired, cluster).metadata;
  assert.equal(labels['velero.io/exclude-from-backup'], 'true');
  assert.deepEqual(annotations, {
    'app.vworkspace.io/operation-id': fired.id,
    'app.vworkspace.io/schedule-id': fired.scheduleId,
    'app.vworkspace.io/slot': '2026-05-28T10:00:00.000Z',
    'app.vworkspace.io/requested-by': 'schedule/nightly',
    'app.vworkspace.io/on-behalf-of': 'Zoë',
    'app.vworkspace.io/request-id': 'req-1',
    'app.vworkspace.io/record-position': '4711',
  });
});

test('what the record does not have is not said', () => {
  const { id, requestedBy } = exampleOperation;
  assert.deepEqual(manifestOf(exampleOperation, cluster).metadata.annotations, {
    'app.vworkspace.io/operation-id': id,
    'app.vworkspace.io/requested-by': requestedBy,
  });
});

test('a value is one line of bounded length, and can be read back', () => {
  const by = (requestedBy: string) => annotationsOf({ requestedBy })['app.vworkspace.io/requested-by'] ?? '';
  for (const odd of ['a\nb', '100 % of it', 'tab\there', 'line\u2028end', 'right\u202eleft', 'plain'])
    assert.equal(decodeURIComponent(by(odd)), odd);
  assert.equal(by('a\nb%'), 'a%0Ab%25');
  for (const long of ['x'.repeat(10_000), '\n'.repeat(10_000), '💥'.repeat(10_000)]) {
    assert.match(by(long), /^[^\p{C}]*$/u);
    assert.ok(Buffer.byteLength(by(long)) <= 3 * 512);
  }
});

test('only that the uid becomes known changes the resource, whatever becomes of its Operation', () => {
  const { metadata } = manifestOf(fired, cluster);
  const ended = {
    ...fired,
    phase: 'Succeeded' as const,
    finishedAt: fired.scheduledFor,
    outputs: { a: 1 },
    revision: 9,
  };
  assert.deepEqual(manifestOf(ended, cluster).metadata, metadata);
  assert.deepEqual(manifestOf({ ...ended, uid: 'u' }, cluster).metadata, { ...metadata, uid: 'u' });
});

test('a resource is of its application, with its parameters, its ttl where the operator takes one, and its claim', () => {
  const { apiVersion, kind, metadata, spec } = manifestOf(exampleOperation, cluster);
  const { name, namespace, target, type, engine, parameters } = exampleOperation;
  assert.deepEqual(
    { apiVersion, kind, name: metadata.name, namespace: metadata.namespace, labels: metadata.labels },
    {
      ...{ apiVersion: 'ops.vworkspace.io/v1alpha1', kind: 'Operation', name, namespace },
      labels: {
        'app.vworkspace.io/managed-by': 'control-plane',
        'app.vworkspace.io/cluster-id': 'cluster-prod-1',
        'app.vworkspace.io/application-instance': target,
        'velero.io/exclude-from-backup': 'true',
      },
    },
  );
  const targetRef = { apiVersion: 'apps.vworkspace.io/v1alpha1', kind: 'ApplicationInstance', name: target };
  assert.deepEqual(spec, { targetRef, type, engine, parameters: { ...parameters, ttl: '720h' } });
  const { ttl: _, ...restore } = exampleOperation;
  assert.deepEqual(manifestOf(restore, cluster, 'proof').spec, {
    targetRef,
    type,
    engine,
    parameters,
    approvals: { claim: 'proof' },
  });
});
