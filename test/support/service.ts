/** A whole service in this process, on a database of its own, over either queue back end, with its log kept. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../src/config.ts';
import { startService } from '../../src/context.ts';
import type { Clock } from '../../src/core/kernel/ports.ts';
import { type Client, clientOf } from './client.ts';
import { freshDatabase, type TestDatabase } from './database.ts';
import { keptLog } from './log.ts';

export type Backend = 'postgres' | 'redis';
export const backends: readonly Backend[] = ['postgres', 'redis'];
export const adminKey = 'test-admin-key-that-nobody-else-knows-0123456789';
/** 32 bytes in base64. */
export const secretsKey = 'q3kXo0Jm1cYd8Vb6RzT5uHnWgL2sPfEiA9x7MwBKtZ4=';

/** Settings for many services and simulated clusters on one machine, whose tests ask for more than people do. */
export const oneMachine = {
  METRICS_PORT: '0',
  ALLOWED_CLUSTER_ADDRESSES: '127.0.0.0/8, ::1/128',
  KEY_REQUESTS_PER_SECOND: '0',
  ORGANIZATION_REQUESTS_PER_SECOND: '0',
  ORGANIZATION_REQUESTS_AT_ONCE: '0',
  ADDRESS_REQUESTS_PER_SECOND: '0',
};

export interface TestService {
  readonly url: string;
  readonly databaseUrl: string;
  readonly api: Client;
  readonly secretsKey: string;
  /** The metrics of its process. */
  metrics(): Promise<string>;
  logged(): string;
  close(): Promise<void>;
}

export async function startTestService(options: {
  readonly backend: Backend;
  readonly redisUrl?: string;
  readonly clock?: Clock;
  readonly roles?: string;
  /** For a database whose clock is set by hand: it is believed. */
  readonly trustsDatabaseClock?: boolean;
  /** Default: a free one. */
  readonly port?: number;
  /** Default: a new one with nothing but the schema. It is dropped when the service is closed. */
  readonly database?: TestDatabase;
  /** In base64, for a database that was sealed with another key. */
  readonly secretsKey?: string;
}): Promise<TestService> {
  const database = options.database ?? (await freshDatabase());
  const folder = await mkdtemp(join(tmpdir(), 'vworkspace-service-'));
  const { log, text } = keptLog();
  const key = options.secretsKey ?? secretsKey;
  const config = readConfig({
    DATABASE_URL: database.url,
    REDIS_URL: options.backend === 'redis' ? (options.redisUrl ?? redisDatabase()) : undefined,
    ROLES: options.roles,
    TRUST_DATABASE_CLOCK: options.trustsDatabaseClock === true ? 'true' : undefined,
    PORT: String(options.port ?? 0),
    ...oneMachine,
    DATA_FOLDER: folder,
    SECRETS_KEY: key,
    ADMIN_API_KEY: adminKey,
    SHUTDOWN_SECONDS: '10',
  });
  const service = await startService(config, { log, ...(options.clock !== undefined && { clock: options.clock }) });
  const url = service.url ?? '';
  return {
    url,
    databaseUrl: database.url,
    api: clientOf(url, adminKey),
    secretsKey: key,
    metrics: async () => (await fetch(service.metricsUrl ?? '')).text(),
    logged: text,
    async close() {
      await service.close();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Redis is shared by test files: each process takes a database of its own, and a service leaves only hints in it. */
export function redisDatabase(): string {
  const base = process.env.TEST_REDIS_URL;
  if (base === undefined) throw new Error('TEST_REDIS_URL is not set: run the tests with npm test.');
  const url = new URL(base);
  url.pathname = `/${process.pid % 16}`;
  return url.href;
}
