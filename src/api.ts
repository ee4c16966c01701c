/** The API, put together and listening; or, in a process without it, what answers the platform's probes. */

import type { Queues } from './bullmq/queues.ts';
import type { Config } from './config.ts';
import type { AgentRecord } from './core/agents/ports.ts';
import type { ClockGuard } from './core/clocks/clock-guard.ts';
import type { AccessReader } from './core/clusters/ports.ts';
import type { ServicePorts } from './http/kit/ports.ts';
import { buildProbes } from './http/probes.ts';
import { buildServer } from './http/server.ts';
import type { ClusterApi } from './kubernetes/cluster-api.ts';
import type { Opened } from './postgres/store.ts';
import type { Readinesses } from './readiness.ts';
import type { Metrics, makeLogger } from './telemetry/telemetry.ts';

export interface ApiPorts extends Opened, Readinesses {
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
    },
    {
      logger: ports.log,
      budgets: config.budgets,
      ...(config.trustedProxies.length > 0 && { trustProxy: [...config.trustedProxies] }),
    },
  );
  server.addHook('onResponse', async (request, reply) => {
    const { method, routeOptions } = request;
    metrics.requested({ method, route: routeOptions.url ?? 'unknown' }, reply.statusCode, reply.elapsedTime / 1000);
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

function counted(agents: AgentRecord, metrics: Metrics): AgentRecord {
  return {
    ...agents,
    async take(agent, batch, ...rest) {
      const result = await agents.take(agent, batch, ...rest);
      metrics.observed(result.changedCount);
      metrics.unreadable(batch.unreadable?.count ?? 0);
      return result;
    },
  };
}

/**
 * For a process without the API. When its port is taken, because two roles share a machine, the role works all the same
 * and only cannot be probed.
 */
export async function startProbes(
  { host, port }: Pick<Config, 'host' | 'port'>,
  ports: ServicePorts,
  log: ApiPorts['log'],
): Promise<{ close(): Promise<void> }> {
  const server = buildProbes(ports, { logger: log });
  await server.listen({ host, port }).catch((error: unknown) => {
    log.warn({ err: error, host, port }, 'probes of this process cannot be answered here: choose another PORT');
  });
  return { close: () => server.close() };
}
