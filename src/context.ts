/**
 * The composition: the only place that constructs, by hand, in start order; what was started is closed in reverse.
 *
 *   database ─► secrets, admin key ─► clusters ─► queues (scheduler, connector) ─► background work ─► HTTP
 */

import { join } from 'node:path';
import { startApi } from './api.ts';
import { startTasks, taskLog } from './background/driver.ts';
import { type QueueConnection, type Queues, startQueues } from './bullmq/queues.ts';
import type { Config } from './config.ts';
import { connectorOf, delivery } from './connector.ts';
import { ensureAdmin } from './core/access/api-keys.ts';
import type { Clock, Log } from './core/kernel/ports.ts';
import type { Observations } from './core/observation/ports.ts';
import { shareClusters } from './core/observation/share-clusters.ts';
import { watchClusters } from './core/observation/watch.ts';
import { applyDeadlines } from './core/operations/deadlines.ts';
import { recordProtection } from './core/protection/record-protection.ts';
import { applyFailurePolicies } from './core/scheduling/failure-policy.ts';
import { fire } from './core/scheduling/fire.ts';
import { watchdog } from './core/watchdog/watchdog.ts';
import { clusterApi } from './kubernetes/cluster-api.ts';
import { type Opened, openStore } from './postgres/store.ts';
import { secretsKeyFile } from './secrets-key.ts';
import { type TaskName, tasks } from './tasks.ts';
import { makeLogger, makeMetrics } from './telemetry/telemetry.ts';

export interface Service {
  /** Where the API answers; absent without the role api. */
  readonly url: string | undefined;
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
    const opened = await openStore({ url: databaseUrl, secretsKey, log });
    closers.push(opened.close);
    const clock = overrides.clock ?? opened.clock;
    await checkSecretsKey(opened);
    const adminApiKey = await ensureAdmin({ ...opened, clock }, config.adminApiKey);

    const clusters = clusterApi({
      log,
      clock,
      deniedNetworks: config.deniedNetworks,
      allowInsecureTls: config.allowInsecureTls,
    });
    closers.push(clusters.close);
    const ports = { ...opened, clock, clusterApi: clusters, log, chance: Math.random };

    const queues: Queues = await startQueues({
      connection: queueOf(config, databaseUrl),
      log,
      ...(has('scheduler') && {
        async onTick() {
          const { operationCount, lagSeconds } = await fire({ ...ports, doorbell: queues.doorbell });
          metrics.fired(operationCount, lagSeconds);
        },
      }),
      ...(has('connector') && {
        onDeliver: delivery(ports, metrics),
        dueClusters: async () => opened.deliveries.dueClusters(await clock.now()),
      }),
    });
    closers.push(() => queues.close((config.shutdownSeconds * 1000) / 2));

    if (config.roles.includes('scheduler')) {
      closers.push(repeatedly(forgetMs, opened.forgetAnswers, log));
      closers.push(repeatedly(forgetMs, opened.agents.forget, log));
      closers.push(repeatedly(agentsMs, () => lookAfterAgents({ ...ports, log }), log));
      closers.push(repeatedly(skewEveryMs, async () => metrics.skew(await tellSkew(opened.clock, log)), log));
      closers.push(repeatedly(failuresMs, async () => void (await applyFailurePolicies({ ...ports, log })), log));
      closers.push(repeatedly(deadlinesMs, async () => void (await applyDeadlines({ ...ports, log })), log));
      const lookForFindings = watchdog({ ...ports, log });
      closers.push(repeatedly(watchdogMs, async () => metrics.found((await lookForFindings()).counts), log));
      closers.push(repeatedly(protectMs, async () => void (await recordProtection({ ...ports, log })), log));
    }
    const background = startTasks({
      tasks,
      roles: config.roles,
      context: {
        ...ports,
        ...connector,
        databaseClock: opened.clock,
        skewed: metrics.skew,
        lookForFindings: watchdog({ ...ports, log: taskLog<TaskName>(log, 'find-broken-invariants') }),
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
      ? await startApi(config, { ...ports, queues, metrics, draining: () => closing !== undefined })
      : undefined;
    if (api !== undefined) closers.push(api.close);
    metrics.clusters(
      () => opened.clusterFigures.measured(1000),
      () => clock.now(),
    );
    const url = api?.url;
    log.info({ roles: config.roles, url, queue: config.redisUrl === undefined ? 'postgres' : 'redis' }, 'started');
    return {
      url,
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

/** A key that does not open what is stored is told at the start, not at the first backup. */
async function checkSecretsKey({ directory }: Opened): Promise<void> {
  const [first] = await directory.list();
  if (first === undefined) return;
  await directory.target(first.id).catch(() => {
    throw new Error(
      "The secrets key does not open the clusters' credentials in this database. Give the SECRETS_KEY (or the data folder's secrets.key) that they were stored with.",
    );
  });
}

async function tick(ports: Ports, queues: Queues, metrics: Metrics, log: Log): Promise<void> {
  const report = await fire({ ...ports, doorbell: queues.doorbell, log });
  metrics.fired(report.operationCount, report.lagSeconds);
}

function counted(deliveries: Deliveries, metrics: Metrics): Deliveries {
  return {
    ...deliveries,
    record(answers, decide) {
      for (const { answer } of answers) metrics.answered(answer.kind);
      return deliveries.record(answers, decide);
    },
  };
}

function countedAgents(agents: AgentRecord, metrics: Metrics): AgentRecord {
  return {
    ...agents,
    async take(...input) {
      const result = await agents.take(...input);
      metrics.observed(result.changedCount);
      return result;
    },
  };
}

function startWatches(ports: Ports, clusters: ClusterApi, metrics: Metrics, log: Log): () => Promise<void> {
  const observations: Observations = {
    ...ports.observations,
    async ingest(...input) {
      const result = await ports.observations.ingest(...input);
      metrics.observed(result.changedCount);
      return result;
    },
  };
  const connectorId = ports.vault.newId();
  const watches = watchClusters({ ...ports, observations, clusterApi: clusters, log }, connectorId);
  metrics.gauge('backups_watches', 'Clusters that are watched by this process.', () => watches.count);
  metrics.gauge('backups_leases_held', 'Clusters that this connector holds.', () => watches.heldCount);
  const look = shareClusters({ ...ports, log, chance: Math.random, tookOver: metrics.tookOver }, connectorId);
  const stopping = new AbortController();
  const held = async () => (await ports.leases.held(connectorId)).map(({ clusterId }) => clusterId);
  const looking = { ...ports, clusterApi: clusters, log, chance: Math.random, held, stopping: stopping.signal };
  const stops = [
    repeatedly(leasesMs, look, log),
    repeatedly(leasesMs, () => watches.reconcile(), log),
    repeatedly(expiredMs, async () => watches.endExpired(), log),
    repeatedly(discoveryMs, async () => void (await refreshDiscoveries(looking)), log),
  ];
  return async () => {
    stopping.abort();
    await Promise.all(stops.map((stop) => stop()));
    await watches.close();
    await ports.leases.release(connectorId);
  };
}

interface ApiParts {
  readonly clusters: ClusterApi;
  readonly queues: Queues;
  readonly metrics: Metrics;
  readonly log: ReturnType<typeof makeLogger>;
  readonly draining: () => boolean;
}

async function startApi(
  config: Config,
  ports: Ports,
  parts: ApiParts,
  closers: (() => Promise<unknown>)[],
): Promise<string> {
  const server = await buildServer(
    {
      ...ports,
      agents: countedAgents(ports.agents, parts.metrics),
      doorbell: parts.queues.doorbell,
      clusterApi: parts.clusters,
      readKubeconfig: kubeconfigReader(config),
      metrics: parts.metrics.text,
      draining: parts.draining,
      async ready() {
        const database = await ports.ping().then(
          () => ({ name: 'database', ok: true }),
          () => ({ name: 'database', ok: false, detail: 'The database does not answer.' }),
        );
        const { connected } = parts.queues.health();
        // Without the queue requests are taken and schedules fire all the same; only deliveries wait.
        return [
          database,
          {
            name: 'queue',
            ok: true,
            ...(!connected && { detail: 'The queue does not answer; deliveries wait for it.' }),
          },
        ];
      },
    },
    { logger: parts.log },
  );
  server.addHook('onResponse', async (request, reply) => {
    parts.metrics.requested(request.routeOptions.url ?? 'unknown', reply.statusCode, reply.elapsedTime / 1000);
  });
  closers.push(() => server.close());
  const listening = await server.listen({ host: config.host, port: config.port });
  return config.publicUrl ?? listening;
}
