/** The seeds' Nextcloud backup as our record has it, for tests of rules. */
import type { Operation } from '../../../src/core/operations/rules/operation.ts';

export const exampleOperation: Operation = {
  id: '01a1fc2c-56fb-7710-ac89-bd6dadbe4433',
  organizationId: '01a1fc2c-56a5-7175-aa09-f11b84433da1',
  clusterId: '01a1fc2c-56b5-7519-ac1b-2c2e74776d61',
  applicationInstanceId: '01a1fc2c-56c4-7482-a9b6-392998819805',
  name: 'nextcloud-myteam-backup-2026-05-28',
  namespace: 'org-myteam',
  target: 'nextcloud-myteam',
  type: 'Backup',
  engine: 'velero',
  parameters: { storageLocation: 'aws-primary', snapshotVolumes: true, csiSnapshotClassName: 'csi-rbd' },
  ttl: '720h',
  ttlSource: 'request',
  origin: 'request',
  requestedBy: 'odoo',
  phase: 'Pending',
  conditions: [],
  outputs: {},
  warnings: [],
  createdAt: '2026-05-28T09:59:00.000Z',
  revision: 1,
};
