/**
 * The composition: the only place that constructs, by hand, in start order; what was started is closed in reverse.
 *
 *   database, clocks, secrets, admin key ─► clusters ─► queues (scheduler, connector) ─► background work ─► HTTP
 */

import { join } from 'node:path';
import { startApi, startProbes } from './api.ts';
import { awaitDatabase } from './await-database.ts';
import { startTasks, taskLog } from './background/driver.ts';
import { startProgress } from './background/progress.ts';
import { type QueueConnection, type Queues, startQueues } from './bullmq/queues.ts';
import type { Config } from './config.ts';
import { connectorOf, delivery } from './connector.ts';
import { ensureAdmin } from './core/access/ensure-admin.ts';
import { findings } from './core/catalogue.ts';
import { startClockGuard } from './core/clocks/clock-guard.ts';
import { restingInDoubt } from './core/clocks/resting-tasks.ts';
import type { Clock, Log } from './core/kernel/ports.ts';
import { fire } from './core/scheduling/fire.ts';
import { watchdog } from './core/watchdog/watchdog.ts';
import type { Readiness, ServicePorts } from './http/kit/ports.ts';
import { isWeak } from './key-strength.ts';
import { accessReader } from './kubernetes/access-reader.ts';
import { clusterApi } from './kubernetes/cluster-api.ts';
import { ownServers } from './kubernetes/own-servers.ts';
import { serveMetrics } from './metrics-server.ts';
import { openedParts, type Parts } from './parts.ts';
import { type Opened, openStore, type StoreOptions } from './postgres/store.ts';
import { readinessOf } from './readiness.ts';
import { secretsKeyFile } from './secrets-key.ts';
import { type TaskName, tasks } from './tasks.ts';
import { makeLogger, makeMetrics } from './telemetry/telemetry.ts';

export interface Service {
  /** Where the API answers; absent without the role api. */
  readonly url: string | undefined;
  /** Where the metrics of this process are. */
  readonly metricsUrl: string | undefined;
  /** The admin key, if this start made it: to be shown once. */
  readonly adminApiKey: string | undefined;
  /** Takes no more work, finishes what runs, and ends after `shutdownSeconds` at the latest. */
  close(): Promise<void>;
}

export interface Overrides {
  readonly log?: ReturnType<typeof makeLogger>;
  readonly clock?: Clock;
}

export async function startService(config: Config, overrides: Overrides = {}): Promise<Service> {
  const log = overrides.log ?? makeLogger(config.logLevel);
  const metrics = makeMetrics();
  const has = (role: Config['roles'][number]) => config.roles.includes(role);
  const parts = openedParts(log);
  const stopping = new AbortController();
  let closing: Promise<void> | undefined;

  const close = async (): Promise<void> => {
    // Some to spare, so that whoever set the limit sees an orderly end.
    await parts.close(config.shutdownSeconds * 0.9);
  };

  try {
    const databaseUrl = config.databaseUrl ?? (await startDatabase(config, log, parts));
    const secretsKey = config.secretsKey ?? (await secretsKeyFile(config.dataFolder));
    const { opened, guard, adminApiKey } = await awaitDatabase(
      () =>
        openRecord(
          { url: databaseUrl, secretsKey, log, connectionCounts: config.connectionCounts, limits: config },
          config,
          overrides.clock,
        ),
      { log, meanwhile: () => startProbes(config, starting, log) },
    );
    parts.add('database', opened.close);
    const { background } = opened;
    // Requests ask for the time over their own connections, and so does everything else.
    const clock = overrides.clock ?? guard.over(opened.clock);
    const tickClock = overrides.clock ?? guard.over(background.tickClock);
    const progress = startProgress();

    const { deniedNetworks, allowedClusterAddresses, allowInsecureTls } = config;
    const access = {
      deniedNetworks,
      allowedClusterAddresses,
      allowInsecureTls,
      ownServers: await ownServers([databaseUrl, ...(config.redisUrl === undefined ? [] : [config.redisUrl])]),
    };
    const clusters = clusterApi({ log, clock, ...access });
    parts.add('clusters', clusters.close);
    const { readAccess, close: closeAccessReader } = accessReader(access);
    parts.add('access-reader', closeAccessReader);
    const own = { clusterApi: clusters, log, chance: Math.random, tidySettings: config.tidying };
    const ports = { ...opened, ...background, ...own, clock: overrides.clock ?? guard.over(background.clock) };

    const queues: Queues = await startQueues({
      connection: queueOf(config, databaseUrl),
      log,
      ...(has('scheduler') && {
        onTick: progress.follow('tick', async () => {
          if (!(await guard.mayTick())) return;
          const { operationCount, lagSeconds } = await fire({ ...ports, clock: tickClock, doorbell: queues.doorbell });
          metrics.fired(operationCount, lagSeconds);
          await guard.ticked();
        }),
      }),
      ...(has('connector') && {
        onDeliver: delivery(ports, metrics),
        dueClusters: progress.follow('find-due-clusters', async () =>
          background.deliveries.dueClusters(await tickClock.now()),
        ),
      }),
    });
    parts.add('queues', (withinSeconds) => queues.close(withinSeconds * 1000));

    const connector = connectorOf(ports, metrics);
    if (has('connector')) {
      connector.measure();
      parts.add('connector', connector.close);
    }
    const driver = startTasks({
      tasks: restingInDoubt(tasks, guard.mayGo),
      roles: config.roles,
      context: {
        ...ports,
        ...connector,
        clockGuard: guard,
        witnessClocks: [
          { source: 'redis', offsetMs: queues.serverClockOffset },
          { source: 'clusters', offsetMs: async () => clusters.clockOffset() },
        ],
        skewed: metrics.skew,
        lookForFindings: watchdog({ ...ports, findings, log: taskLog<TaskName>(log, 'find-broken-invariants') }),
        found: metrics.found,
        failing: metrics.schedulesFailing,
        stopping: stopping.signal,
      },
      record: background.taskRecord,
      metrics: metrics.tasks,
      progress,
      chance: Math.random,
    });
    parts.add('tasks', (withinSeconds) => {
      stopping.abort();
      return driver.stop(withinSeconds / 2);
    });

    const readiness = readinessOf({
      roles: config.roles,
      progress,
      writesFail: opened.writesFail,
      isQueueConnected: () => queues.health().connected,
      clockVerdict: () => guard.verdict,
    });
    metrics.roles(readiness.rolesReady);
    const serving = { ...own, ...readiness, queues, metrics, clockGuard: guard, draining: () => closing !== undefined };
    const api = has('api') ? await startApi(config, { ...opened, ...serving, readAccess, clock }) : undefined;
    if (api === undefined) parts.add('probes', (await startProbes(config, serving, log)).close);
    if (api !== undefined) parts.add('api', api.close);
    metrics.gauge(
      'backups_clock_doubt',
      "Whether the database's clock is doubted: 0 believed, 1 doubted (nothing fires or times out), 2 disputed (work goes on by the time that most clocks show).",
      () => ['Believed', 'Doubted', 'Disputed'].indexOf(guard.verdict.kind),
    );
    metrics.clusters(
      () => background.clusterFigures.measured(1000),
      () => clock.now(),
    );
    const metricsServer = await serveMetrics(config.metrics, metrics.text, log);
    if (metricsServer !== undefined) parts.add('metrics', metricsServer.close);
    const metricsUrl = metricsServer?.url;
    const url = api?.url;
    log.info(
      { roles: config.roles, url, metricsUrl, queue: config.redisUrl === undefined ? 'postgres' : 'redis' },
      'started',
    );
    return {
      url,
      metricsUrl,
      adminApiKey,
      close() {
        closing ??= close();
        return closing;
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Opens the record, and makes sure that its time can be told, what is sealed read, and the API called by somebody. */
async function openRecord(options: StoreOptions, config: Config, clock: Clock | undefined) {
  const { log } = options;
  const opened = await openStore(options);
  try {
    await opened.background.heldRows.lookAgain();
    const guard = await startClockGuard({
      databaseClock: opened.background.tickClock,
      record: opened.background.clockRecord,
      processId: opened.vault.newId(),
      log,
      trustsDatabase: config.trustDatabaseClock,
    });
    await checkSecretsKey(opened, options.secretsKey, log);
    const adminApiKey = await ensureAdmin(
      { ...opened, log, clock: clock ?? guard.over(opened.clock) },
      config.adminApiKey,
    );
    return { opened, guard, adminApiKey };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

const waits: readonly Readiness[] = [{ name: 'database', ok: false, detail: 'The start waits for the database.' }];

/** What a process says while its database is away. */
const starting: ServicePorts = {
  ready: async () => waits,
  roleReady: async () => waits,
  muteWork: () => undefined,
  draining: () => false,
};

async function startDatabase(config: Config, log: Log, parts: Parts): Promise<string> {
  const { startEmbeddedPostgres } = await import('./embedded-postgres/start.ts').catch((cause: unknown) => {
    throw new Error('There is no embedded PostgreSQL in this installation. Set DATABASE_URL.', { cause });
  });
  const embedded = await startEmbeddedPostgres({
    folder: join(config.dataFolder, 'postgres'),
    log: (line) => log.info({}, line),
  });
  parts.add('embedded-database', embedded.stop);
  return embedded.url;
}

function queueOf(config: Config, databaseUrl: string): QueueConnection {
  return config.redisUrl === undefined
    ? { kind: 'postgres', url: databaseUrl }
    : { kind: 'redis', url: config.redisUrl };
}

/**
 * A key that opens nothing of what is stored is told at the start, not at the first backup. Access that somebody broke is
 * told by its own cluster. A key that nobody drew by chance may only go on opening what was sealed with it before it was
 * refused.
 */
async function checkSecretsKey({ directory }: Opened, secretsKey: Buffer, log: Log): Promise<void> {
  const weakness = isWeak(secretsKey, 16)
    ? 'SECRETS_KEY has too little variety to be random, so it keeps no secret. Draw one: openssl rand -base64 32'
    : undefined;
  const { opened, unreadable } = await directory.targets((await directory.list()).map(({ id }) => id).slice(0, 100));
  if (opened.length === 0 && unreadable.length > 0)
    throw new Error(
      "The secrets key does not open the clusters' credentials in this database. Give the SECRETS_KEY (or the data folder's secrets.key) that they were stored with.",
    );
  if (weakness === undefined) return;
  if (opened.length === 0) throw new Error(`The configuration cannot be used: ${weakness}`);
  log.error({}, `${weakness}. The credentials of clusters in this database are sealed with it.`);
}
