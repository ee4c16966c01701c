import assert from 'node:assert/strict';
import { test } from 'node:test';
import { observedOperation } from './observed-operation.ts';

const seen = { name: 'a', namespace: 'apps', uid: 'u', deleted: false, source: 'Listed' } as const;

test('a field that is nested thousands of levels deep is left out, and crashes nothing', () => {
  const deep: unknown = JSON.parse(`${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`);
  const observed = observedOperation(
    {
      metadata: { managedFields: [{ manager: 'm', fieldsV1: { 'f:spec': deep } }] },
      spec: { type: 'Backup', engine: 'velero', targetRef: { name: 'shop' }, parameters: { ttl: '1h', deep } },
      status: { phase: 'Succeeded', outputs: { backupName: 'a', deep } },
    },
    seen,
  );
  assert.deepEqual([observed?.spec?.parameters, observed?.status.outputs], [undefined, undefined]);
  assert.deepEqual([observed?.spec?.target, observed?.status.phase], ['shop', 'Succeeded']);
});

test('the managers of the spec are kept, and whether they own type and target; managers of status or labels are not', () => {
  const managedFields = [
    {
      manager: 'kubectl-create',
      operation: 'Update',
      fieldsV1: { 'f:spec': { '.': {}, 'f:type': {}, 'f:engine': {} } },
    },
    { manager: 'kubectl-edit', operation: 'Update', fieldsV1: { 'f:spec': { 'f:parameters': { 'f:ttl': {} } } } },
    { manager: 'kubectl-label', operation: 'Update', fieldsV1: { 'f:metadata': { 'f:labels': {} } } },
    { manager: 'operator', operation: 'Update', subresource: 'status', fieldsV1: { 'f:status': {} } },
    { manager: 'odd', fieldsV1: { 'f:spec': 7 } },
    { manager: 'x'.repeat(129), fieldsV1: { 'f:spec': {} } },
  ];
  const managers = observedOperation({ metadata: { managedFields } }, seen)?.managers ?? [];
  assert.deepEqual(
    managers.map(({ manager, ownsTarget }) => [manager, ownsTarget]),
    [
      ['kubectl-create', true],
      ['kubectl-edit', false],
    ],
  );
});
