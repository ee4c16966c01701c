/** Logs and metrics. Whatever is called like a secret is struck out of a log line before it is written. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type DestinationStream, type Logger, pino } from 'pino';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { MeasuredCluster } from '../core/clusters/ports.ts';
import type { TaskMetrics } from '../core/kernel/task.ts';
import { clusterMetrics } from './clusters.ts';
import { taskMetrics } from './tasks.ts';

const secretKeys = [
  'authorization',
  'token',
  'secret',
  'password',
  'kubeconfig',
  'ca',
  'clientKey',
  'access',
  'sealed',
  'cookie',
  'ADMIN_API_KEY',
  'SECRETS_KEY',
];
const redacted = secretKeys
  .flatMap((key) => [key, `*.${key}`, `*.*.${key}`])
  .concat(['req.headers["idempotency-key"]']);

export function makeLogger(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: redacted, censor: '[redacted]' },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

export interface Metrics {
  fired(operationCount: number, lagSeconds: readonly number[]): void;
  answered(kind: string): void;
  observed(count: number): void;
  /** What agents of clusters posted and could not be read. */
  unreadable(count: number): void;
  /** Clusters that were taken over from another connector. */
  tookOver(count: number): void;
  requested(request: { readonly method: string; readonly route: string }, status: number, seconds: number): void;
  /** How many rows break which invariant. */
  found(counts: readonly { readonly kind: string; readonly count: number }[]): void;
  /** How many schedules end their last Operation without a copy. */
  schedulesFailing(count: number): void;
  /** How far this machine's clock is ahead of the database's. */
  skew(milliseconds: number): void;
  /** How background work does. */
  readonly tasks: TaskMetrics;
  /** Whether the roles of this process do their work, asked when metrics are read. */
  roles(ready: () => Promise<ReadonlyMap<string, boolean>>): void;
  /** How clusters do, asked when metrics are read: seven series a cluster. */
  clusters(clusters: () => Promise<readonly MeasuredCluster[]>, now: () => Promise<string>): void;
  /** What is asked when metrics are read, for example how much is owed to clusters. */
  gauge(name: string, help: string, read: () => number | Promise<number>): void;
  text(): Promise<{ contentType: string; text: string }>;
}

export function makeMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const fires = new Counter({ name: 'backups_fires_total', help: 'Operations made by schedules.', registers });
  const lag = new Histogram({
    name: 'backups_fire_lag_seconds',
    help: 'From the slot of a schedule to its Operation.',
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 60, 600, 3600],
    registers,
  });
  const answers = new Counter({
    name: 'backups_deliveries_total',
    help: 'Answers of clusters to deliveries, by kind.',
    labelNames: ['answer'],
    registers,
  });
  const observations = new Counter({
    name: 'backups_observations_total',
    help: 'Operations that changed by what a cluster told.',
    registers,
  });
  const unread = new Counter({
    name: 'backups_agent_events_unreadable_total',
    help: 'Events and conditions that agents of clusters posted and that could not be read; they were left out.',
    registers,
  });
  const takeovers = new Counter({
    name: 'backups_lease_takeovers_total',
    help: 'Clusters that this connector took over from another one.',
    registers,
  });
  const findings = new Gauge({
    name: 'backups_watchdog_findings',
    help: 'Rows that break an invariant, by kind.',
    labelNames: ['kind'],
    registers,
  });
  const requests = new Histogram({
    name: 'backups_http_request_seconds',
    help: 'Time to answer a request.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5],
    registers,
  });
  const skewed = new Gauge({
    name: 'backups_clock_skew_seconds',
    help: "How far this machine's clock is ahead of the database's.",
    registers,
  });
  measureEventLoop(registry);
  const failing = new Gauge({
    name: 'backups_schedules_failing',
    help: 'Schedules that are not suspended and whose last Operation that ended made no copy.',
    registers,
  });
  return {
    schedulesFailing: (count) => failing.set(count),
    skew: (milliseconds) => skewed.set(milliseconds / 1000),
    tasks: taskMetrics(registry),
    fired(operationCount, lagSeconds) {
      fires.inc(operationCount);
      for (const seconds of lagSeconds) lag.observe(seconds);
    },
    answered: (answer) => answers.inc({ answer }),
    observed: (count) => observations.inc(count),
    unreadable: (count) => unread.inc(count),
    tookOver: (count) => takeovers.inc(count),
    found(counts) {
      for (const { kind, count } of counts) findings.set({ kind }, count);
    },
    requested: ({ method, route }, status, seconds) => requests.observe({ method, route, status }, seconds),
    roles(ready) {
      new Gauge({
        name: 'backups_role_ready',
        help: 'Whether a role of this process does its work, as in /readyz/{role}: 1 or 0.',
        labelNames: ['role'],
        registers,
        async collect() {
          for (const [role, isReady] of await ready()) this.set({ role }, isReady ? 1 : 0);
        },
      });
    },
    clusters: (clusters, now) => clusterMetrics(registry, clusters, now),
    gauge(name, help, read) {
      new Gauge({
        name,
        help,
        registers,
        async collect() {
          const value = await Promise.resolve(read()).catch(() => undefined);
          if (value !== undefined) this.set(value);
        },
      });
    },
    text: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}

/** How long the event loop was held, at most, since the metrics were read before. */
function measureEventLoop(registry: Registry): void {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  new Gauge({
    name: 'backups_event_loop_lag_seconds',
    help: 'The longest time for which the event loop was held since the last reading.',
    registers: [registry],
    collect() {
      // The timer itself waits for its resolution.
      this.set(Math.max(0, delay.max / 1e9 - 0.01));
      delay.reset();
    },
  });
}
