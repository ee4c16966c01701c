/**
 * Real Velero beside a control plane, out of the cluster: its own kinds, a storage in memory behind its AWS plugin, and
 * the operator that materializes Operations for it. All on loopback.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Client, Resource } from '../cluster/client.ts';
import type { ControlPlane } from '../cluster/control-plane.ts';
import { applyAll, eventually, installKinds } from '../cluster/install.ts';
import { pathOf } from '../cluster/paths.ts';
import { freePort, launch, type Running, untilReady } from '../cluster/process.ts';
import { veleroNamespace } from '../operator/rules.ts';

export interface VeleroPrograms {
  readonly velero: string;
  readonly 'velero-plugin-for-aws': string;
  readonly storage: string;
}

export interface Velero {
  readonly admin: Client;
  /** What lies in the storage under `backups/` or `restores/`, unpacked and parsed; undefined where there is nothing. */
  stored(path: string): Promise<Resource | undefined>;
  /** Takes it out of the storage, as a lifecycle rule of the bucket does. */
  drop(path: string): Promise<void>;
  stop(): Promise<void>;
}

const bucket = 'laboratory';
const credentials = { AWS_ACCESS_KEY_ID: 'laboratory', AWS_SECRET_ACCESS_KEY: 'laboratory', AWS_REGION: 'us-east-1' };
const readySeconds = 60;
const ended: readonly string[] = ['Completed', 'PartiallyFailed', 'Failed', 'FailedValidation'];

export async function startVelero(programs: VeleroPrograms, controlPlane: ControlPlane): Promise<Velero> {
  const { admin, folder, adminKubeconfigFile } = controlPlane;
  const { velero: file } = programs;
  const [storagePort, metricsPort, profilerPort] = await Promise.all([freePort(), freePort(), freePort()]);
  const storageUrl = `http://127.0.0.1:${storagePort}`;
  await installKinds(admin, kindsOf(file));
  await applyAll(admin, [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: veleroNamespace } },
    stubDeployment,
    locationAt('default', storageUrl),
    locationAt('away', 'http://127.0.0.1:1'),
  ]);
  const plugins = join(folder, 'plugins');
  mkdirSync(plugins, { recursive: true });
  copyFileSync(programs['velero-plugin-for-aws'], join(plugins, 'velero-plugin-for-aws'));
  const storage = launch({
    name: 'storage',
    file: programs.storage,
    logFile: join(folder, 'storage.log'),
    args: [`127.0.0.1:${storagePort}`, bucket],
  });
  let server: Running | undefined;
  const stop = async () => {
    await server?.stop('SIGKILL');
    await storage.stop('SIGKILL');
  };
  try {
    await untilReady(storage, readySeconds, async () => (await fetch(storageUrl)).status < 500);
    server = launch({
      name: 'velero',
      file,
      logFile: join(folder, 'velero.log'),
      env: { ...credentials, KUBECONFIG: adminKubeconfigFile, VELERO_NAMESPACE: veleroNamespace, HOME: folder },
      args: [
        'server',
        `--namespace=${veleroNamespace}`,
        `--plugin-dir=${plugins}`,
        `--metrics-address=127.0.0.1:${metricsPort}`,
        `--profiler-address=127.0.0.1:${profilerPort}`,
        '--backup-sync-period=60s',
        '--garbage-collection-frequency=60s',
        '--store-validation-frequency=10s',
      ],
    });
    await untilReady(server, readySeconds, () => isAvailable(admin));
  } catch (error) {
    await stop();
    throw error;
  }
  const at = (path: string) => `${storageUrl}/${bucket}/${path}`;
  return {
    admin,
    async stored(path) {
      const answer = await fetch(at(path));
      if (!answer.ok) return undefined;
      return JSON.parse(gunzipSync(new Uint8Array(await answer.arrayBuffer())).toString());
    },
    async drop(path) {
      const answer = await fetch(at(path), { method: 'DELETE' });
      if (!answer.ok) throw new Error(`the storage does not delete ${path}: ${answer.status}`);
    },
    stop,
  };
}

const isAvailable = async (admin: Client): Promise<boolean> =>
  (await admin.find(pathOf('backupstoragelocations', veleroNamespace, 'default')))?.status?.phase === 'Available';

/** As Velero itself would install them. */
function kindsOf(file: string): readonly Resource[] {
  const answer = spawnSync(file, ['kinds'], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (answer.status !== 0) throw new Error(`velero tells no kinds: ${answer.stderr}`);
  const kinds: readonly Resource[] = JSON.parse(answer.stdout);
  return kinds.map(({ spec, metadata: { name, annotations } }) => ({
    ...{ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' },
    ...{ metadata: { name, annotations }, spec },
  }));
}

/** Restores look for the Deployment that Velero runs in. */
const stubDeployment = {
  ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'velero', namespace: veleroNamespace } },
  spec: {
    replicas: 0,
    selector: { matchLabels: { deploy: 'velero' } },
    template: {
      metadata: { labels: { deploy: 'velero' } },
      spec: { containers: [{ name: 'velero', image: 'none' }] },
    },
  },
};

const locationAt = (name: string, s3Url: string) => ({
  ...{
    apiVersion: 'velero.io/v1',
    kind: 'BackupStorageLocation',
    metadata: { name, namespace: veleroNamespace },
  },
  spec: {
    ...{ default: name === 'default', provider: 'aws', objectStorage: { bucket } },
    config: { region: 'us-east-1', s3ForcePathStyle: 'true', s3Url, checksumAlgorithm: '' },
  },
});

/** Makes it, and waits until it has ended. */
export async function carriedOut(admin: Client, engine: Resource): Promise<Resource> {
  const { kind, metadata } = engine;
  const plural = kind === 'Backup' ? 'backups' : 'restores';
  await admin.must('POST', pathOf(plural, veleroNamespace), engine);
  return eventually(`${kind} ${metadata.name}`, async () => {
    const found = await admin.find(pathOf(plural, veleroNamespace, metadata.name));
    return ended.includes(found?.status?.phase) ? found : undefined;
  });
}
