// From an Operation to the engine's resource: the velero Backup or Restore of the same name, with the labels by which
// the operator finds its own again.

import type { JsonObject } from './json.ts';
import { at, objectAt, text } from './json.ts';
import { VELERO_NAMESPACE } from './upkeep.ts';

const OPERATION_LABEL = 'ops.vworkspace.io/operation';

const picked = (source: JsonObject, ...keys: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(source).filter(([key]) => keys.includes(key)));

export function engineKind(operation: JsonObject): 'Backup' | 'Restore' | undefined {
  if (text(operation, 'spec', 'engine') !== 'velero') return undefined;
  return text(operation, 'spec', 'type') === 'Restore' ? 'Restore' : 'Backup';
}

export function engineResource(operation: JsonObject, kind: 'Backup' | 'Restore'): JsonObject {
  const parameters = objectAt(operation, 'spec', 'parameters');
  const clusterId = text(operation, 'metadata', 'labels', 'app.vworkspace.io/cluster-id');
  const labels: JsonObject = {
    'app.vworkspace.io/managed-by': 'vworkspace-operator',
    ...(clusterId === '' ? {} : { 'app.vworkspace.io/cluster-id': clusterId }),
    [OPERATION_LABEL]: text(operation, 'metadata', 'uid'),
    'ops.vworkspace.io/target': text(operation, 'spec', 'targetRef', 'name'),
  };
  const resources = picked(parameters, 'includedResources', 'excludedResources');
  const spec: JsonObject =
    kind === 'Backup'
      ? {
          storageLocation: text(parameters, 'storageLocation') || 'default',
          ttl: text(parameters, 'retention') || text(parameters, 'ttl') || '720h0m0s',
          includedNamespaces: [text(operation, 'metadata', 'namespace')],
          defaultVolumesToFsBackup: false,
          ...picked(parameters, 'snapshotVolumes'),
          ...resources,
        }
      : {
          ...picked(parameters, 'backupName', 'namespaceMapping', 'restorePVs', 'existingResourcePolicy'),
          includedResources: at(resources, 'includedResources') ?? ['*'],
          ...resources,
        };
  return {
    apiVersion: 'velero.io/v1',
    kind,
    metadata: { name: text(operation, 'metadata', 'name'), namespace: VELERO_NAMESPACE, labels },
    spec,
  };
}
