/** A Backup of Velero as the watch sees it, and its row. */
import type { ObservedVelero, VeleroResource } from '../../../src/core/velero/rules/velero-resource.ts';
import { exampleOperation } from './operation-example.ts';

export const velerosAt = (minute: number) =>
  new Date(Date.parse('2026-05-28T10:00:00Z') + minute * 60_000).toISOString();

const { id, organizationId, clusterId, name } = exampleOperation;

export const exampleBackup: ObservedVelero = {
  ...{ kind: 'Backup', name, namespace: 'velero', uid: 'uid-velero', deleted: false, operationUid: 'uid-1' },
  ...{ target: 'nextcloud-myteam', namespaces: ['org-myteam'], storageLocation: 'aws-primary', phase: 'Completed' },
  ...{ startedAt: velerosAt(1), completedAt: velerosAt(5), expiresAt: velerosAt(1 + 720 * 60) },
  ...{ totalItems: 412, itemsDone: 412, warningCount: 2, validationErrors: [] },
};

const { namespace: _, deleted: __, ...stated } = exampleBackup;

export const exampleWord: VeleroResource = {
  ...stated,
  ...{ id, organizationId, clusterId, copied: true, told: false, firstSeenAt: velerosAt(1), seenAt: velerosAt(5) },
};

/** As a watch sees it, with nothing but its name. */
export function observedVelero(
  kind: ObservedVelero['kind'],
  resourceName: string,
  more: Partial<ObservedVelero>,
): ObservedVelero {
  const stated = { namespace: 'velero', uid: 'u', deleted: false, namespaces: [], validationErrors: [] };
  return { ...stated, kind, name: resourceName, phase: 'Completed', ...more };
}
