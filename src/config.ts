/** The environment, read once and checked as a whole: whoever starts the service sees every mistake at the same time. */
import { resolve } from 'node:path';
import { z } from 'zod';
import type { QuotaLimits } from './core/access/rules/quotas.ts';
import type { TidySettings } from './core/tidying/rules/tidy.ts';
import type { BudgetLimits } from './http/budgets/budgets.ts';
import { isWeak } from './key-strength.ts';

export const roles = ['api', 'scheduler', 'connector'] as const;
export type Role = (typeof roles)[number];

const unset = (value: unknown) => (value === '' ? undefined : value);
const optional = <T extends z.ZodType>(schema: T) => z.preprocess(unset, schema.optional());

function urlOf(...protocols: string[]) {
  return z
    .string()
    .refine(
      (text) => URL.canParse(text) && protocols.includes(new URL(text).protocol),
      `must be a URL that begins with ${protocols.join('// or ')}//`,
    );
}

const networks = z
  .string()
  .transform((text) => text.split(',').map((network) => network.trim()))
  .pipe(z.array(z.union([z.cidrv4(), z.cidrv6()], 'must be networks like 10.0.0.0/8, separated by commas')));

const limit = z.coerce
  .number('must be a whole number, 0 for no limit')
  .int('must be a whole number, 0 for no limit')
  .min(0, 'must be a whole number, 0 for no limit')
  .max(1_000_000_000);

const quota = z.coerce
  .number('must be a whole number, 1 to 1000000000')
  .int('must be a whole number, 1 to 1000000000')
  .min(1, 'must be a whole number, 1 to 1000000000')
  .max(1_000_000_000, 'must be a whole number, 1 to 1000000000');

const connectionCount = optional(z.coerce.number('must be a number, 1 to 200').int().min(1).max(200));

const Environment = z.object({
  DATABASE_URL: optional(urlOf('postgres:', 'postgresql:')),
  REDIS_URL: optional(urlOf('redis:', 'rediss:')),
  ROLES: optional(
    z
      .string()
      .transform((text) => text.split(',').map((role) => role.trim()))
      .pipe(z.array(z.enum(roles, `must be a list of ${roles.join(', ')}`)).min(1)),
  ),
  DATABASE_REQUEST_CONNECTIONS: connectionCount,
  DATABASE_WORK_CONNECTIONS: connectionCount,
  HOST: optional(z.string()),
  PORT: optional(z.coerce.number('must be a port, 0 to 65535').int().min(0).max(65535)),
  PUBLIC_URL: optional(urlOf('http:', 'https:')),
  TRUSTED_PROXIES: optional(networks),
  METRICS_HOST: optional(z.string()),
  METRICS_PORT: optional(z.coerce.number('must be a port, 0 to 65535').int().min(0).max(65535)),
  DATA_FOLDER: optional(z.string()),
  SECRETS_KEY: optional(
    z
      .string()
      .transform((text) => Buffer.from(text, 'base64'))
      .refine((key) => key.length === 32, 'must be 32 bytes in base64, for example from: openssl rand -base64 32'),
  ),
  ADMIN_API_KEY: optional(
    z
      .string()
      .min(32, 'must have at least 32 characters')
      .regex(/^[\x21-\x7e]+$/, 'must be printable characters without spaces')
      .refine(
        (key) => key.length < 32 || !isWeak(Buffer.from(key), 8),
        'must be random, and has too little variety for that; for example from: openssl rand -hex 24',
      ),
  ),
  ALLOW_INSECURE_TLS: optional(z.enum(['true', 'false'], 'must be true or false')),
  DENIED_NETWORKS: optional(networks),
  TRUST_DATABASE_CLOCK: optional(z.enum(['true', 'false'], 'must be true or false')),
  ALLOWED_CLUSTER_ADDRESSES: optional(networks),
  KEY_REQUESTS_PER_SECOND: optional(limit),
  ORGANIZATION_REQUESTS_PER_SECOND: optional(limit),
  ORGANIZATION_REQUESTS_AT_ONCE: optional(limit),
  ADDRESS_REQUESTS_PER_SECOND: optional(limit),
  MAX_CLUSTERS_PER_ORGANIZATION: optional(quota),
  MAX_APPLICATIONS_PER_ORGANIZATION: optional(quota),
  MAX_APPLICATIONS_PER_CLUSTER: optional(quota),
  MAX_SCHEDULES_PER_ORGANIZATION: optional(quota),
  MAX_SCHEDULES_PER_CLUSTER: optional(quota),
  MAX_FOREIGN_OPERATIONS_PER_CLUSTER: optional(quota),
  MAX_FOREIGN_OPERATIONS_PER_ORGANIZATION: optional(quota),
  TIDY_CLUSTERS: optional(z.enum(['true', 'false'], 'must be true or false')),
  TIDY_RESTORES_AFTER_SECONDS: optional(
    z.coerce.number('must be seconds, 0 to 2592000').int('must be seconds, 0 to 2592000').min(0).max(2_592_000),
  ),
  LOG_LEVEL: optional(z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])),
  SHUTDOWN_SECONDS: optional(z.coerce.number('must be seconds, 1 to 300').int().min(1).max(300)),
});

export interface MetricsAddress {
  readonly host: string;
  readonly port: number;
  /** Whether the port was chosen. The usual one may be taken on a machine with several processes. */
  readonly required: boolean;
}

export interface Config {
  /** Absent: the embedded PostgreSQL in the data folder. */
  readonly databaseUrl: string | undefined;
  /** How many connections to PostgreSQL this process opens for requests and for delivering and observing. Absent: as usual. */
  readonly connectionCounts: { readonly request?: number | undefined; readonly work?: number | undefined };
  /** Absent: the queue is kept in PostgreSQL. */
  readonly redisUrl: string | undefined;
  readonly roles: readonly Role[];
  readonly host: string;
  readonly port: number;
  readonly publicUrl: string | undefined;
  /** The networks of load balancers, whose X-Forwarded-For names the client. */
  readonly trustedProxies: readonly string[];
  readonly metrics: MetricsAddress;
  readonly dataFolder: string;
  /** Absent: a key file in the data folder, made at the first start. */
  readonly secretsKey: Buffer | undefined;
  readonly adminApiKey: string | undefined;
  /** Whether a kubeconfig may leave the API server's certificate unverified. */
  readonly allowInsecureTls: boolean;
  /** CIDR ranges that clusters may not be in. */
  readonly deniedNetworks: readonly string[];
  /** Whether the database's clock is believed, whatever other clocks show: the manual release of a doubt. */
  readonly trustDatabaseClock: boolean;
  /** CIDR ranges that clusters may be in although loopback and the service's own servers are there. */
  readonly allowedClusterAddresses: readonly string[];
  readonly budgets: BudgetLimits;
  readonly quotas: QuotaLimits;
  /** How many Operations that others made are recorded. */
  readonly foreignOperations: { readonly cluster: number; readonly organization: number };
  /** What leaves clusters once it has ended. */
  readonly tidying: TidySettings;
  readonly logLevel: string;
  readonly shutdownSeconds: number;
}

/** Throws an Error whose message names every variable that is wrong, without its value. */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const read = Environment.safeParse(environment);
  if (!read.success) {
    const lines = read.error.issues.map((issue) => `  ${issue.path[0]?.toString() ?? ''}: ${issue.message}`);
    throw new Error(`The configuration cannot be used (see .env.example):\n${lines.join('\n')}`);
  }
  const env = read.data;
  const chosen = env.ROLES ?? [...roles];
  if (env.DATABASE_URL === undefined && chosen.length < roles.length) {
    throw new Error(
      'The configuration cannot be used: roles run apart only with a DATABASE_URL that they share; the embedded PostgreSQL belongs to one process.',
    );
  }
  return {
    databaseUrl: env.DATABASE_URL,
    connectionCounts: { request: env.DATABASE_REQUEST_CONNECTIONS, work: env.DATABASE_WORK_CONNECTIONS },
    redisUrl: env.REDIS_URL,
    roles: chosen,
    host: env.HOST ?? '127.0.0.1',
    port: env.PORT ?? 8080,
    publicUrl: env.PUBLIC_URL,
    trustedProxies: env.TRUSTED_PROXIES ?? [],
    metrics: {
      host: env.METRICS_HOST ?? '127.0.0.1',
      port: env.METRICS_PORT ?? 9464,
      required: env.METRICS_PORT !== undefined && env.METRICS_PORT !== 9464,
    },
    dataFolder: resolve(env.DATA_FOLDER ?? '.data'),
    secretsKey: env.SECRETS_KEY,
    adminApiKey: env.ADMIN_API_KEY,
    allowInsecureTls: env.ALLOW_INSECURE_TLS === 'true',
    deniedNetworks: env.DENIED_NETWORKS ?? [],
    trustDatabaseClock: env.TRUST_DATABASE_CLOCK === 'true',
    allowedClusterAddresses: env.ALLOWED_CLUSTER_ADDRESSES ?? [],
    budgets: {
      keyPerSecond: env.KEY_REQUESTS_PER_SECOND ?? 200,
      organizationPerSecond: env.ORGANIZATION_REQUESTS_PER_SECOND ?? 400,
      organizationAtOnce: env.ORGANIZATION_REQUESTS_AT_ONCE ?? 16,
      addressPerSecond: env.ADDRESS_REQUESTS_PER_SECOND ?? 20,
    },
    quotas: {
      organizationClusters: env.MAX_CLUSTERS_PER_ORGANIZATION ?? 2_000,
      organizationApplications: env.MAX_APPLICATIONS_PER_ORGANIZATION ?? 20_000,
      clusterApplications: env.MAX_APPLICATIONS_PER_CLUSTER ?? 10_000,
      organizationSchedules: env.MAX_SCHEDULES_PER_ORGANIZATION ?? 100_000,
      clusterSchedules: env.MAX_SCHEDULES_PER_CLUSTER ?? 50_000,
    },
    foreignOperations: {
      cluster: env.MAX_FOREIGN_OPERATIONS_PER_CLUSTER ?? 20_000,
      organization: env.MAX_FOREIGN_OPERATIONS_PER_ORGANIZATION ?? 200_000,
    },
    tidying: {
      enabled: env.TIDY_CLUSTERS !== 'false',
      restoresAfterSeconds: env.TIDY_RESTORES_AFTER_SECONDS ?? 300,
    },
    logLevel: env.LOG_LEVEL ?? 'info',
    shutdownSeconds: env.SHUTDOWN_SECONDS ?? 25,
  };
}
