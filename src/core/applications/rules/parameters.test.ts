/** Which parameters fit a type of Operation, and what the class's defaults add. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BackupParameters, insteadOf, OperationParameters, parametersOf } from './parameters.ts';

const defaults = { storageLocation: 'aws-primary', snapshotVolumes: true };
const refused = (type: 'Backup' | 'Restore', given: OperationParameters, pointers: readonly string[]) =>
  assert.throws(
    () => parametersOf(type, given, defaults),
    (error) => {
      assert.ok(error instanceof Error && 'errors' in error);
      assert.deepEqual(
        (error.errors as { pointer: string }[]).map(({ pointer }) => pointer),
        pointers.map((key) => `/parameters/${key}`),
      );
      return true;
    },
  );

test("those of a Backup go over the class's defaults, key by key; those of a Restore stand alone", () => {
  assert.deepEqual(parametersOf('Backup', {}, defaults), defaults);
  assert.deepEqual(parametersOf('Backup', { snapshotVolumes: false }, defaults), {
    ...defaults,
    snapshotVolumes: false,
  });
  assert.deepEqual(parametersOf('Restore', { backupName: 'b' }, defaults), { backupName: 'b' });
});

test('a parameter of the other type is refused, and so is a Restore of nothing, all at once', () => {
  refused('Backup', { backupName: 'b', restorePVs: true, snapshotVolumes: true }, ['backupName', 'restorePVs']);
  refused('Restore', { snapshotVolumes: true }, ['snapshotVolumes', 'backupName']);
  refused('Restore', {}, ['backupName']);
});

test('a resource is named as Velero names it, and at most two hundred are', () => {
  const fits = (includedResources: readonly string[]) => BackupParameters.safeParse({ includedResources }).success;
  for (const name of ['*', 'configmaps', 'deployments.apps', 'a-b.c-d.e']) assert.ok(fits([name]), name);
  for (const name of ['', '**', 'Pods', 'a..b', '-a', 'a-', 'a/b', `${'a'.repeat(254)}`])
    assert.ok(!fits([name]), name);
  assert.ok(fits(Array(200).fill('pods')));
  assert.ok(!fits(Array(201).fill('pods')));
});

test('each key that only the other type takes is refused, and none that both take', () => {
  const both = { includedResources: ['pods'], excludedResources: ['events'] };
  const ofBackup = { storageLocation: 'a', snapshotVolumes: true, snapshotClassName: 'b', csiSnapshotClassName: 'c' };
  const ofRestore = { backupName: 'b', namespaceMapping: { a: 'b' }, restorePVs: true };
  const all = { ...ofRestore, existingResourcePolicy: 'update' as const };
  const whole = { ...ofBackup, ...all, ...both };
  assert.deepEqual(OperationParameters.parse(whole), whole);
  assert.deepEqual(parametersOf('Backup', { ...ofBackup, ...both }, {}), { ...ofBackup, ...both });
  assert.deepEqual(parametersOf('Restore', { ...all, ...both }, defaults), { ...all, ...both });
  refused('Backup', { ...all, ...both }, Object.keys(all));
  refused('Restore', { backupName: 'b', ...ofBackup, ...both }, Object.keys(ofBackup));
});

test('a resource that exists already is left alone or updated, and treated in no other way', () => {
  const policy = (existingResourcePolicy: unknown) =>
    OperationParameters.safeParse({ existingResourcePolicy }).data?.existingResourcePolicy;
  assert.deepEqual(['none', 'update', 'replace', '', true].map(policy), [
    'none',
    'update',
    undefined,
    undefined,
    undefined,
  ]);
});

test('who tries a key of Velero or of an older operator is told what to use instead', () => {
  for (const [key, hint] of [
    ['ttl', /beside `parameters`/],
    ['retention', /720h/],
    ['storageClassMapping', /ConfigMap/],
    ['defaultVolumesToFsBackup', /backup\.velero\.io\/backup-volumes/],
    ['hooks', /pre\.hook\.backup\.velero\.io\/command/],
    ['labelSelector', /includedResources/],
    ['includedNamespaces', /namespace of its application/],
  ] as const) {
    assert.match(insteadOf[key] ?? '', hint, key);
    assert.ok(!OperationParameters.safeParse({ [key]: 'x' }).success, key);
  }
});
