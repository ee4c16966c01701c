/**
 * Each role in a process of its own, as docker-compose.yml starts them, with a proxy of its own before PostgreSQL and
 * Redis; one cluster and one application.
 */
import type { TestContext } from 'node:test';
import { Pool } from 'pg';
import { startCluster } from '../../simulator/index.ts';
import { type BreakableProxy, startBreakableProxy } from './breakable-proxy.ts';
import { type Client, clientOf } from './client.ts';
import { wantBackup } from './connectors.ts';
import { freshDatabase } from './database.ts';
import { type Seen, seenOf } from './fault-scene.ts';
import { type MainProcess, startMain } from './main-process.ts';
import { freePort } from './port.ts';
import { type Scene, setScene } from './scene.ts';
import { adminKey, type Backend, redisDatabase, secretsKey } from './service.ts';
import { until } from './until.ts';

export const roles = ['api', 'scheduler', 'connector'] as const;
export type Role = (typeof roles)[number];

export interface RoleProcess extends MainProcess {
  readonly role: Role;
  readonly url: string;
  readonly postgres: BreakableProxy;
  readonly redis: BreakableProxy;
  /** By /readyz/{role}. */
  isReady(): Promise<boolean>;
  /** By backups_role_ready. */
  isReadyByMetric(): Promise<boolean>;
  isAlive(): Promise<boolean>;
}

export interface RoleScene extends Scene, Seen {
  readonly service: { readonly api: Client };
  readonly processes: Readonly<Record<Role, RoleProcess>>;
}

async function startRole(role: Role, backend: Backend, databaseUrl: string): Promise<RoleProcess> {
  const postgres = await startBreakableProxy(databaseUrl);
  const redis = await startBreakableProxy(redisDatabase());
  const [port, metricsPort] = [await freePort(), await freePort()];
  const started = startMain({
    env: {
      DATABASE_URL: postgres.url,
      REDIS_URL: backend === 'redis' ? redis.url : undefined,
      ROLES: role,
      PORT: String(port),
      METRICS_PORT: String(metricsPort),
      ADMIN_API_KEY: adminKey,
      SECRETS_KEY: secretsKey,
    },
  });
  const url = `http://127.0.0.1:${port}`;
  const answers = async (path: string) => (await fetch(`${url}${path}`)).status === 200;
  return {
    ...{ ...started, role, url, postgres, redis },
    isReady: () => answers(`/readyz/${role}`),
    async isReadyByMetric() {
      const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
      return text.includes(`backups_role_ready{role="${role}"} 1`);
    },
    isAlive: () => answers('/livez'),
    kill: async () => {
      await started.kill();
      await Promise.all([postgres.remove(), redis.remove()]);
    },
  };
}

export async function setRoleScene(t: TestContext, backend: Backend): Promise<RoleScene> {
  const database = await freshDatabase();
  const cluster = await startCluster({ name: 'cluster-prod-1', speed: 200 });
  const pool = new Pool({ connectionString: database.url, max: 2 });
  pool.on('error', () => {});
  const [api, scheduler, connector] = await Promise.all([
    startRole('api', backend, database.url),
    startRole('scheduler', backend, database.url),
    startRole('connector', backend, database.url),
  ]);
  const processes = { api, scheduler, connector };
  t.after(async () => {
    await Promise.all(roles.map((role) => processes[role].kill()));
    await pool.end();
    await cluster.close();
    await database.drop();
  });
  await Promise.all(roles.map((role) => processes[role].started()));
  const service = { api: clientOf(api.url, adminKey) };
  const scene = await setScene(service.api, cluster);
  const seen = seenOf(pool, scene);
  for (const role of roles) await until(`the ${role} to be ready`, 20, processes[role].isReady);
  const first = await wantBackup({ service }, scene);
  await until('the first backup', 20, () => seen.hasSucceeded(first));
  return { ...scene, ...seen, service, processes };
}
