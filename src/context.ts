/**
 * The composition: the only place that constructs, by hand, in start order; what was started is closed in reverse.
 *
 *   database ─► clocks ─► secrets, admin key ─► clusters ─► queues (scheduler, connector) ─► background work ─► HTTP
 */

import { join } from 'node:path';
import { startApi } from './api.ts';
import { startTasks, taskLog } from './background/driver.ts';
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
import { accessReader } from './kubernetes/access-reader.ts';
import { isWeak } from './key-strength.ts';
import { clusterApi } from './kubernetes/cluster-api.ts';
import { ownServers } from './kubernetes/own-servers.ts';
import { serveMetrics } from './metrics-server.ts';
import { type Opened, openStore } from './postgres/store.ts';
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
  const closers: (() => Promise<unknown>)[] = [];
  const stopping = new AbortController();
  let closing: Promise<void> | undefined;

  const close = async (): Promise<void> => {
    for (const closer of closers.toReversed())
      await closer().catch((error: unknown) => log.error({ err: error }, 'a part did not close well'));
  };

  try {
    const databaseUrl = config.databaseUrl ?? (await startDatabase(config, log, closers));
    const secretsKey = config.secretsKey ?? (await secretsKeyFile(config.dataFolder));
    const opened = await openStore({ url: databaseUrl, secretsKey, log, limits: config });
    closers.push(opened.close);
    await opened.heldRows.lookAgain();
    const guard = await startClockGuard({
      databaseClock: opened.clock,
      record: opened.clockRecord,
      processId: opened.vault.newId(),
      log,
      trustsDatabase: config.trustDatabaseClock,
    });
    const clock = overrides.clock ?? guard.over(opened.clock);
    await checkSecretsKey(opened, secretsKey, log);
    const adminApiKey = await ensureAdmin({ ...opened, clock, log }, config.adminApiKey);

    const { deniedNetworks, allowedClusterAddresses, allowInsecureTls } = config;
    const access = {
      deniedNetworks,
      allowedClusterAddresses,
      allowInsecureTls,
      ownServers: await ownServers([databaseUrl, ...(config.redisUrl === undefined ? [] : [config.redisUrl])]),
    };
    const clusters = clusterApi({ log, clock, ...access });
    closers.push(clusters.close);
    const { readAccess, close: closeAccessReader } = accessReader(access);
    closers.push(closeAccessReader);
    const ports = { ...opened, clock, clusterApi: clusters, log, chance: Math.random };

    const queues: Queues = await startQueues({
      connection: queueOf(config, databaseUrl),
      log,
      ...(has('scheduler') && {
        async onTick() {
          if (!(await guard.mayTick())) return;
          const { operationCount, lagSeconds } = await fire({ ...ports, doorbell: queues.doorbell });
          metrics.fired(operationCount, lagSeconds);
          await guard.ticked();
        },
      }),
      ...(has('connector') && {
        onDeliver: delivery(ports, metrics),
        dueClusters: async () => opened.deliveries.dueClusters(await clock.now()),
      }),
    });
    closers.push(() => queues.close((config.shutdownSeconds * 1000) / 2));

    const connector = connectorOf(ports, metrics);
    if (has('connector')) {
      connector.measure();
      closers.push(connector.close);
    }
    const background = startTasks({
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
        stopping: stopping.signal,
      },
      record: opened.taskRecord,
      metrics: metrics.tasks,
      chance: Math.random,
    });
    closers.push(() => {
      stopping.abort();
      return background.stop(config.shutdownSeconds / 4);
    });

    const api = has('api')
      ? await startApi(config, {
          ...ports,
          readAccess,
          queues,
          metrics,
          clockGuard: guard,
          draining: () => closing !== undefined,
        })
      : undefined;
    if (api !== undefined) closers.push(api.close);
    metrics.gauge(
      'backups_clock_doubt',
      "Whether the database's clock is doubted: 0 believed, 1 doubted (nothing fires or times out), 2 disputed (work goes on by the time that most clocks show).",
      () => ['Believed', 'Doubted', 'Disputed'].indexOf(guard.verdict.kind),
    );
    metrics.clusters(
      () => opened.clusterFigures.measured(1000),
      () => clock.now(),
    );
    const metricsServer = await serveMetrics(config.metrics, metrics.text, log);
    if (metricsServer !== undefined) closers.push(metricsServer.close);
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

async function startDatabase(config: Config, log: Log, closers: (() => Promise<unknown>)[]): Promise<string> {
  const { startEmbeddedPostgres } = await import('./embedded-postgres/start.ts').catch((cause: unknown) => {
    throw new Error('There is no embedded PostgreSQL in this installation. Set DATABASE_URL.', { cause });
  });
  const embedded = await startEmbeddedPostgres({
    folder: join(config.dataFolder, 'postgres'),
    log: (line) => log.info({}, line),
  });
  closers.push(embedded.stop);
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
