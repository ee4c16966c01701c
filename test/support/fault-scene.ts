/**
 * The whole service in this process, with proxies before PostgreSQL and Redis, one cluster and one application: what is
 * needed to break a connection and to see whether schedules fire, requests are served, and backups end.
 */
import type { TestContext } from 'node:test';
import { Pool } from 'pg';
import { startCluster } from '../../simulator/index.ts';
import { type BreakableProxy, startBreakableProxy } from './breakable-proxy.ts';
import { wantBackup } from './connectors.ts';
import { freshDatabase } from './database.ts';
import { type Scene, setScene } from './scene.ts';
import type { OwnPostgres } from './scheduler.ts';
import { type Backend, redisDatabase, startTestService, type TestService } from './service.ts';
import { until } from './until.ts';

const roles = ['scheduler', 'connector', 'api'] as const;

export interface Seen {
  hasSucceeded(operationId: string): Promise<boolean>;
  /** A schedule whose one slot is so many seconds ahead; returns its id. */
  dueIn(seconds: number): Promise<string>;
  /** Resolves once it has fired, with how late that was, in seconds by the server's clock. */
  firedAfter(scheduleId: string, withinSeconds: number): Promise<number>;
}

export interface FaultScene extends Scene, Seen {
  readonly service: TestService;
  /** Past the proxy. */
  readonly pool: Pool;
  readonly postgres: BreakableProxy;
  readonly redis: BreakableProxy;
  isReady(role: (typeof roles)[number]): Promise<boolean>;
  untilReady(): Promise<void>;
}

export async function setFaultScene(
  t: TestContext,
  options: { readonly backend: Backend; readonly server?: OwnPostgres; readonly host?: string },
): Promise<FaultScene> {
  const database = await freshDatabase(options.server?.url);
  const postgres = await startBreakableProxy(database.url);
  const redis = await startBreakableProxy(redisDatabase());
  const cluster = await startCluster({ name: 'cluster-prod-1', speed: 200 });
  const url = new URL(postgres.url);
  if (options.host !== undefined) url.hostname = options.host;
  const service = await startTestService({
    backend: options.backend,
    redisUrl: redis.url,
    database: { url: url.href, drop: async () => {} },
  });
  const pool = new Pool({ connectionString: database.url, max: 2 });
  pool.on('error', () => {});
  t.after(async () => {
    await pool.end();
    await service.close();
    await cluster.close();
    await Promise.all([postgres.remove(), redis.remove()]);
    await database.drop();
    await options.server?.stop();
  });
  const scene = await setScene(service.api, cluster);
  const isReady = async (role: string) => (await service.api.get(`/readyz/${role}`)).status === 200;
  const untilReady = async () => {
    for (const role of roles) await until(`the ${role} to be ready`, 20, () => isReady(role));
  };
  const seen = seenOf(pool, scene);
  await untilReady();
  const first = await wantBackup({ service }, scene);
  await until('the first backup', 20, () => seen.hasSucceeded(first));
  return { ...scene, ...seen, service, pool, postgres, redis, isReady, untilReady };
}

/** Past every proxy, by the record. */
export function seenOf(pool: Pool, { applicationInstanceId }: Pick<Scene, 'applicationInstanceId'>): Seen {
  return {
    hasSucceeded: async (id) =>
      (await pool.query('select phase from operation where id = $1', [id])).rows[0]?.phase === 'Succeeded',
    async dueIn(seconds) {
      const { rows } = await pool.query(
        `insert into schedule (id, organization_id, application_instance_id, cluster_id, name, schedule, time_zone, suspend, cadence,
                               template, concurrency_policy, next_slot_at, next_fire_at, created_at, updated_at, revision)
         select gen_random_uuid(), organization_id, id, cluster_id, 'due-' || gen_random_uuid(), '0 0 1 1 *', 'Etc/UTC', false,
                'hourly', '{}', 'Allow', slot, slot, now(), now(), 1
         from application_instance, lateral (select date_trunc('second', now()) + $2 * interval '1 second' as slot) s
         where id = $1 returning id`,
        [applicationInstanceId, seconds],
      );
      return rows[0].id;
    },
    async firedAfter(scheduleId, withinSeconds) {
      const fired = async () => {
        const { rows } = await pool.query(
          `select extract(epoch from clock_timestamp() - scheduled_for)::float as lag from operation where schedule_id = $1`,
          [scheduleId],
        );
        return rows[0];
      };
      return (await until('the fire', withinSeconds, fired)).lag;
    },
  };
}
