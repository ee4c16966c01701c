/**
 * `npm run demo`: the main job, from nothing to a copy, each step as it happens. The service runs on its embedded
 * database in a temporary folder, and a simulated cluster stands for the far side; both keep running until Ctrl-C.
 * With --once it ends after the first fire, with exit code 0 only if that backup succeeded.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { destination } from 'pino';
import { type SimulatedCluster, startCluster } from '../simulator/index.ts';
import { readConfig } from '../src/config.ts';
import { type Service, startService } from '../src/context.ts';
import { makeLogger } from '../src/telemetry/telemetry.ts';
import { type Api, apiClient } from './demo-api.ts';
import { bar, note, paint, progressLine, say, step, table, yaml } from './demo-screen.ts';

const { values } = parseArgs({ options: { once: { type: 'boolean', default: false }, port: { type: 'string' } } });

const folder = await mkdtemp(join(tmpdir(), 'vworkspace-backups-demo-'));
const started: { cluster?: SimulatedCluster; service?: Service } = {};

async function end(code: number): Promise<never> {
  await started.service?.close();
  await started.cluster?.close();
  await rm(folder, { recursive: true, force: true });
  process.exit(code);
}
let asked = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (asked) process.exit(1);
    asked = true;
    void end(0);
  });
}

try {
  const phase = await show();
  if (values.once) await end(phase === 'Succeeded' ? 0 : 1);
} catch (error) {
  say(paint('red', `\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`));
  note(`The service's log: ${join(folder, 'service.log')}`);
  process.exitCode = 1;
  await started.service?.close();
  await started.cluster?.close();
  process.exit(1);
}

async function show(): Promise<string> {
  say(paint('bold', 'vWorkspace backups: a scheduled backup, all the way'));

  step('Start a simulated cluster: a Kubernetes API over HTTPS, with the operator and Velero');
  const cluster = await startCluster({ name: 'cluster-prod-1', speed: 4 });
  started.cluster = cluster;
  cluster.addNamespace('org-myteam');
  cluster.addApplicationInstance('org-myteam', 'nextcloud-myteam');
  note(`${cluster.url}, namespace org-myteam, application nextcloud-myteam`);

  step('Start the service: embedded PostgreSQL, queue in it, all roles in one process');
  const log = makeLogger('info', destination(join(folder, 'service.log')));
  const port = values.port ?? String(await freePort(8080));
  const service = await startService(
    readConfig({ DATA_FOLDER: folder, PORT: port, ALLOWED_CLUSTER_ADDRESSES: '127.0.0.0/8,::1/128' }),
    { log },
  );
  started.service = service;
  if (service.url === undefined || service.adminApiKey === undefined)
    throw new Error('The service came up without an address or a key.');
  note(`${service.url}, log in ${join(folder, 'service.log')}`);
  const api = apiClient(service.url, service.adminApiKey);

  step('Register the cluster and ask it what it can do');
  const registered = await api.post(
    '/v1/clusters',
    { name: 'cluster-prod-1', kubeconfig: cluster.kubeconfig },
    { kubeconfig: '… (sealed at rest, never returned)' },
  );
  const checked = await api.post(`/v1/clusters/${registered.id}/check`, undefined);
  const served = checked.discovery?.customResources.items.find(({ resource }) => resource === 'operations');
  table([
    {
      server: checked.discovery?.server.version ?? 'unknown',
      operations: served?.versions.join() ?? 'unknown',
      ...Object.fromEntries(checked.conditions.map((condition) => [condition.type, condition.status])),
    },
  ]);

  step('Describe the application: its class brings the defaults');
  const applicationClass = await api.post('/v1/application-classes', {
    name: 'nextcloud',
    defaultParameters: { storageLocation: 'default', snapshotVolumes: true },
  });
  const instance = await api.post('/v1/application-instances', {
    clusterId: registered.id,
    applicationClassId: applicationClass.id,
    namespace: 'org-myteam',
    name: 'nextcloud-myteam',
  });

  step('Want it backed up every minute');
  const schedule = await api.post('/v1/schedules', {
    applicationInstanceId: instance.id,
    name: 'every-minute',
    schedule: '* * * * *',
    timeZone: 'Europe/Berlin',
    cadence: 'hourly',
  });

  step('Wait for the slot');
  const operation = await firstFire(api, schedule.id, schedule.nextFireAt);

  step('The custom resource, as the cluster has it');
  const resource = await until(10, () => cluster.get('operations', 'org-myteam', operation.name));
  yaml(withoutManagedFields(resource));

  step('Follow it to its end');
  const done = await follow(api, operation.id);

  step('What came of it');
  table(
    done.conditions.map(({ type, status, reason, message }) => ({
      condition: type,
      status,
      reason,
      message: message.slice(0, 70),
    })),
  );
  say();
  yaml({
    phase: done.phase,
    ttl: `${done.ttl} (from ${done.ttlSource})`,
    expiresAt: done.expiresAt,
    outputs: done.outputs,
  });
  say();
  const events = await api.get(`/v1/operations/${operation.id}/events?orderBy=at`);
  table(
    events.items.map(({ at, type, reason, message }) => ({
      at: at.slice(11, 23),
      type,
      reason,
      message: message.slice(0, 80),
    })),
  );

  say(`\n${paint('bold', 'It runs.')}`);
  say(`   API reference   ${paint('underline', `${service.url}/docs`)}`);
  say(`   Service         ${paint('underline', service.url)}`);
  if (!values.once) {
    say(`   Admin API key   ${service.adminApiKey}   (of this demo; gone when it ends)`);
    say(`\n   curl -s -H "Authorization: Bearer ${service.adminApiKey}" ${service.url}/v1/operations`);
    say('\n   Ctrl-C ends it.');
  }
  return done.phase;
}

async function firstFire(api: Api, scheduleId: string, slot: string) {
  const line = progressLine();
  const found = await until(75, async () => {
    const seconds = Math.ceil((Date.parse(slot) - Date.now()) / 1000);
    const told = process.stdout.isTTY ? seconds : Math.ceil(seconds / 10) * 10;
    line.show(seconds > 0 ? `${slot.slice(11, 19)} UTC, in ${process.stdout.isTTY ? '' : 'about '}${told} s` : 'now');
    const { items } = await api.get(`/v1/operations?scheduleId=${scheduleId}`, { silent: true });
    return items[0];
  });
  line.end();
  say(
    `   ${paint('green', 'fired')} ${found.name}, ${Date.parse(found.createdAt) - Date.parse(slot)} ms after its slot`,
  );
  return found;
}

async function follow(api: Api, id: string) {
  const line = progressLine();
  const done = await until(120, async () => {
    const operation = await api.get(`/v1/operations/${id}`, { silent: true });
    const { progress, phase } = operation;
    line.show(
      `${phase.padEnd(10)} ${progress === undefined ? '' : bar(progress.itemsDone ?? 0, progress.totalItems ?? 0)}`,
    );
    return ['Succeeded', 'Failed', 'Cancelled'].includes(phase) ? operation : undefined;
  });
  line.end();
  return done;
}

async function until<T>(seconds: number, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  while (Date.now() < deadline) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(200);
  }
  throw new Error(`waited ${seconds} s in vain`);
}

function withoutManagedFields(resource: unknown): unknown {
  return JSON.parse(
    JSON.stringify(resource, (key, value: unknown) =>
      key === 'managedFields' || key === 'status' ? undefined : value,
    ),
  );
}

/** The usual port if it is free, else any. */
async function freePort(usual: number): Promise<number> {
  const server = createServer();
  const free = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false)).listen(usual, '127.0.0.1', () => resolve(true));
  });
  if (free) await new Promise((resolve) => server.close(resolve));
  return free ? usual : 0;
}
