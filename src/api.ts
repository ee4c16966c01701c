/** The API, put together and listening. */

import type { Queues } from './bullmq/queues.ts';
import type { Config } from './config.ts';
import type { AgentRecord } from './core/agents/ports.ts';
import type { ClockGuard } from './core/clocks/clock-guard.ts';
import type { AccessReader } from './core/clusters/ports.ts';
import type { Readiness } from './http/kit/ports.ts';
import { buildServer } from './http/server.ts';
import type { ClusterApi } from './kubernetes/cluster-api.ts';
import type { Opened } from './postgres/store.ts';
import type { Metrics, makeLogger } from './telemetry/telemetry.ts';

export interface ApiPorts extends Opened {
  readonly clusterApi: ClusterApi;
  readonly readAccess: AccessReader;
  readonly queues: Queues;
  readonly clockGuard: Pick<ClockGuard, 'verdict'>;
  readonly metrics: Metrics;
  readonly log: ReturnType<typeof makeLogger>;
  readonly draining: () => boolean;
}

export interface RunningApi {
  readonly url: string;
  close(): Promise<void>;
}

export async function startApi(config: Config, ports: ApiPorts): Promise<RunningApi> {
  const { metrics, queues, clockGuard } = ports;
  const server = await buildServer(
    {
      ...ports,
      agents: counted(ports.agents, metrics),
      apiKeyHolders: {
        find: (hash) => ports.apiKeyHolders.find(hash, Math.round(clockGuard.verdict.correctionMs)),
      },
      doorbell: queues.doorbell,
      ready: () => readiness(ports),
    },
    {
      logger: ports.log,
      budgets: config.budgets,
      ...(config.trustedProxies.length > 0 && { trustProxy: [...config.trustedProxies] }),
    },
  );
  server.addHook('onResponse', async (request, reply) => {
    metrics.requested(request.routeOptions.url ?? 'unknown', reply.statusCode, reply.elapsedTime / 1000);
  });
  const close = () => server.close();
  try {
    const listening = await server.listen({ host: config.host, port: config.port });
    return { url: config.publicUrl ?? listening, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Without the queue requests are taken and schedules fire all the same; only deliveries wait. */
async function readiness({ ping, queues, clockGuard }: ApiPorts): Promise<readonly Readiness[]> {
  const database = await ping().then(
    () => ({ name: 'database', ok: true }),
    () => ({ name: 'database', ok: false, detail: 'The database does not answer.' }),
  );
  const { connected } = queues.health();
  const waits = !connected && { detail: 'The queue does not answer; deliveries wait for it.' };
  const { kind, message } = clockGuard.verdict;
  const doubt = kind !== 'Believed' && { detail: `${kind}: ${message}` };
  return [database, { name: 'queue', ok: true, ...waits }, { name: 'clock', ok: true, ...doubt }];
}

function counted(agents: AgentRecord, metrics: Metrics): AgentRecord {
  return {
    ...agents,
    async take(...input) {
      const result = await agents.take(...input);
      metrics.observed(result.changedCount);
      return result;
    },
  };
}
