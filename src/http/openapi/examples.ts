/** Examples of bodies, by operationId. The backup and the restores are those of the operator's own documentation. */
import { planExamples } from './examples-plans.ts';
import type { Example } from './types.ts';

const instance = '01997b5e-4c52-7c43-8b5e-0d5a7b1f6a10';
const cluster = '01997b5e-4c52-7c43-8b5e-0d5a7b1f6a11';
const applicationClass = '01997b5e-4c52-7c43-8b5e-0d5a7b1f6a12';

export const examples: Readonly<Record<string, Record<string, Example>>> = {
  ...planExamples,
  reportAgentEvents: {
    succeeded: {
      summary: 'A backup has succeeded',
      value: {
        events: [
          {
            kind: 'OperationSucceeded',
            resourceRef: {
              apiVersion: 'ops.vworkspace.io/v1alpha1',
              kind: 'Operation',
              namespace: 'org-myteam',
              name: 'nextcloud-myteam-backup-2026-05-28',
              uid: '6d1f9a5e-2f0e-4a58-9f4e-0c4fb5f9c1d2',
              generation: 1,
            },
            conditions: [
              {
                type: 'Succeeded',
                status: 'True',
                reason: 'VeleroBackupCompleted',
                lastTransitionTime: '2026-05-28T02:04:10Z',
              },
            ],
            timestamp: '2026-05-28T02:04:10Z',
          },
        ],
      },
    },
  },
  moveApplicationInstance: {
    cluster: { summary: 'The application is in another cluster now', value: { clusterId: cluster } },
  },
  changeOrganization: {
    limit: { summary: 'No schedule more often than hourly', value: { minimumIntervalSeconds: 3600 } },
  },
  suspendCluster: { maintenance: { summary: 'For maintenance', value: { reason: 'New storage is being attached' } } },
  suspendSchedule: { migration: { summary: 'During a migration', value: { reason: 'The application moves' } } },
  resumeSchedule: { catchUp: { summary: 'Make up for the newest slot that passed', value: { catchUp: 'Latest' } } },
  backfillSchedule: {
    days: { summary: 'Two days', value: { from: '2026-05-26T00:00:00Z', to: '2026-05-27T23:59:59Z' } },
  },
  previewNewSchedule: {
    nightly: {
      summary: 'Every night, spread over two hours',
      value: {
        applicationInstanceId: instance,
        name: 'previewed',
        schedule: '0 2 * * *',
        timeZone: 'Europe/Berlin',
        spreadSeconds: 7200,
      },
    },
  },
  createBlackoutWindow: {
    nights: {
      summary: 'No fires on weekday evenings',
      value: {
        name: 'evenings',
        timeZone: 'Europe/Berlin',
        days: ['MON', 'TUE', 'WED', 'THU', 'FRI'],
        from: '18:00',
        to: '22:00',
        behavior: 'Defer',
      },
    },
  },
  createOrganization: { organization: { summary: 'An organization', value: { name: 'myteam' } } },
  createApiKey: {
    odoo: {
      summary: 'A key for Odoo',
      value: {
        name: 'odoo',
        scopes: [
          'clusters:read',
          'application-instances:read',
          'schedules:read',
          'schedules:write',
          'operations:read',
          'operations:write',
        ],
      },
    },
  },
  createApplicationClass: {
    nextcloud: {
      summary: 'A class with its own times to live',
      value: {
        name: 'nextcloud',
        displayName: 'Nextcloud',
        retention: { hourly: '24h', daily: '720h', weekly: '2016h' },
        defaultParameters: { storageLocation: 'aws-primary', snapshotVolumes: true },
        recoveryPointTargetSeconds: 93600,
      },
    },
  },
  changeApplicationClass: {
    retention: {
      summary: 'Other times to live',
      value: { retention: { hourly: '48h', daily: '720h', weekly: '2016h', onDemand: '720h' } },
    },
  },
  putRetentionOverride: { longer: { summary: 'Daily copies for 90 days', value: { daily: '2160h' } } },
  createApplicationInstance: {
    nextcloud: {
      summary: 'An application',
      value: {
        clusterId: cluster,
        applicationClassId: applicationClass,
        namespace: 'org-myteam',
        name: 'nextcloud-myteam',
      },
    },
  },
  adoptClusterApplication: {
    byCatalog: { summary: 'With the class that its catalogId names', value: {} },
    named: {
      summary: 'With a given class',
      value: { applicationClassId: applicationClass, displayName: 'Files of my team' },
    },
  },
  changeApplicationInstance: {
    name: { summary: 'Another name for people', value: { displayName: 'Files of my team' } },
  },
  registerCluster: {
    token: {
      summary: 'With address, certificates and token',
      value: {
        name: 'cluster-prod-1',
        server: 'https://10.0.0.10:6443',
        ca: '-----BEGIN CERTIFICATE-----\nMIIBgTCCASegAwIBAgIUQR02rJZQhIyBjTm/BzmTcN4+yhMwCgYIKoZIzj0EAwIw\nFTETMBEGA1UEAwwKa3ViZXJuZXRlczAgFw0yNjExMjkyMjM4MDBaGA8yMTI2MTEw\nNTIyMzgwMFowFTETMBEGA1UEAwwKa3ViZXJuZXRlczBZMBMGByqGSM49AgEGCCqG\nSM49AwEHA0IABB3Q67FXMfcEI9kYrIV6nvy3IL7L5bPgAwnr10MbbpOGuYteIJpi\nMlJUweU/fBa8e7wfZ2rKs0cthzEC0cT5pvWjUzBRMB0GA1UdDgQWBBR+E4OF4aYp\n8bdv1wk2AntSH6rAjDAfBgNVHSMEGDAWgBR+E4OF4aYp8bdv1wk2AntSH6rAjDAP\nBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIBcGHfKpP1VmrvPndAds\nkjIB8lQIytjLp2EsnV5Kc9W8AiEA8GdkyawZj4lmSw/GpomVqaPzLOs2ANwIKcuK\nvDbmks4=\n-----END CERTIFICATE-----\n',
        token: 'the-token-of-the-service-account',
      },
    },
  },
  changeCluster: { name: { summary: 'Another name for people', value: { displayName: 'Production, Frankfurt' } } },
  createSchedule: {
    nightly: {
      summary: 'Every night at two',
      value: {
        applicationInstanceId: instance,
        name: 'nightly',
        schedule: '0 2 * * *',
        timeZone: 'Europe/Berlin',
        template: { parameters: { storageLocation: 'aws-primary', snapshotVolumes: true } },
      },
    },
    hourly: {
      summary: 'Every hour, kept for a day',
      value: { applicationInstanceId: instance, name: 'hourly', schedule: '@hourly', ttl: '24h' },
    },
  },
  changeSchedule: {
    suspend: { summary: 'Stop firing', value: { suspend: true } },
    time: { summary: 'Another time, and the default time to live again', value: { schedule: '30 3 * * *', ttl: null } },
  },
  createOperation: {
    backup: {
      summary: 'A backup',
      value: {
        applicationInstanceId: instance,
        type: 'Backup',
        name: 'nextcloud-myteam-backup-2026-05-28',
        ttl: '720h',
        parameters: {
          storageLocation: 'aws-primary',
          snapshotVolumes: true,
          csiSnapshotClassName: 'csi-rbd',
          includedResources: ['*'],
          excludedResources: ['events', 'events.events.k8s.io'],
        },
      },
    },
    restore: {
      summary: 'A restore over existing resources',
      value: {
        applicationInstanceId: instance,
        type: 'Restore',
        parameters: {
          backupName: 'nextcloud-myteam-backup-2026-05-28',
          restorePVs: true,
          existingResourcePolicy: 'update',
        },
      },
    },
    restoreElsewhere: {
      summary: 'A restore into another namespace',
      value: {
        applicationInstanceId: instance,
        type: 'Restore',
        parameters: {
          backupName: 'nextcloud-myteam-backup-2026-05-28',
          namespaceMapping: { 'org-myteam': 'org-myteam-staging' },
          restorePVs: true,
          existingResourcePolicy: 'none',
        },
      },
    },
  },
};
