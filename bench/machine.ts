/** On what the figures were taken: without it they say nothing. */
import { availableParallelism, cpus, totalmem } from 'node:os';
import { Redis } from 'ioredis';
import pg from 'pg';
import { type Servers, settings } from './servers.ts';

export async function machine(servers: Servers): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString: servers.databaseUrl });
  await client.connect();
  const { rows } = await client.query(`select current_setting('server_version') as version`);
  await client.end();
  const set = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  return [
    `${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), ${(totalmem() / 2 ** 30).toFixed(0)} GiB, ${process.platform} ${process.arch}`,
    `Node ${process.versions.node}, PostgreSQL ${rows[0].version}, ${await redisVersion(servers.redisUrl)}`,
    `PostgreSQL: ${set.join(', ')}`,
  ];
}

async function redisVersion(url: string | undefined): Promise<string> {
  if (url === undefined) return 'no Redis';
  const redis = new Redis(url);
  const info = await redis.info('server');
  redis.disconnect();
  return `Redis ${/redis_version:(\S+)/.exec(info)?.[1] ?? ''} without persistence`;
}
