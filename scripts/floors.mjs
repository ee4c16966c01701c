/**
 * The table of floors: which folder of src may import which. Everything that holds the layout is generated from it:
 * Biome's import rules (scripts/import-rules.mjs writes them into biome.json), the imports that are planted to prove that
 * those rules catch (scripts/check-imports.mjs), and the graph of subjects (scripts/subjects.mjs).
 */

/** The subjects of src/core, from the ground up. A subject imports its own folder and the subjects before it. */
export const subjects = [
  'time',
  'kernel',
  'clocks',
  'access',
  'clusters',
  'applications',
  'acceptance',
  'operations',
  'velero',
  'tidying',
  'scheduling',
  'protection-plans',
  'protection',
  'delivery',
  'observation',
  'agents',
  'watchdog',
];

/** The packages that rules may use; use cases take none. */
export const corePackages = ['zod'];

/** The folders beside src/core. Each imports src/core and itself, never another edge. */
export const edges = ['http', 'postgres', 'kubernetes', 'bullmq', 'background', 'telemetry', 'embedded-postgres'];

/** Edges know nothing of these files, which put everything together. */
export const composition = ['context.ts', 'main.ts', 'api.ts', 'connector.ts', 'tasks.ts'];

/** What is built around the service; the service knows nothing of it. */
export const around = ['simulator', 'laboratory', 'test', 'scripts', 'bench'];

/** What the subject may import: itself and what lies below. */
export function below(subject) {
  return subjects.slice(0, subjects.indexOf(subject) + 1);
}

/** What is in each folder, for the picture in ARCHITECTURE.md. */
export const holds = {
  composition: 'context.ts constructs, main.ts starts',
  http: 'the API: routes, problems, paging, OpenAPI',
  postgres: 'the record: rows, hot statements, migrations',
  kubernetes: 'the way to clusters: calls, watches, discovery',
  bullmq: 'ticks and the doorbell, on Redis or PostgreSQL',
  telemetry: 'metrics and logs',
  background: 'the driver of tasks: rounds, bounds, record',
  'embedded-postgres': 'a PostgreSQL server without an installation',
  time: 'recurrence, slots, periods, local time',
  kernel: 'problems, conditions, events, names, ports',
  clocks: 'which clock is believed, and what rests in doubt',
  access: 'organizations, API keys, callers, idempotency',
  clusters: 'clusters, discovery, conditions, throttling',
  applications: 'classes, instances, retention, adoption',
  acceptance: 'what an operator accepts, and every warning',
  operations: 'requests, manifests, observed state, deadlines',
  velero: 'what Velero itself states of its copies',
  tidying: 'what has ended leaves its cluster',
  scheduling: 'schedules, firing, missed slots, blackouts',
  'protection-plans': 'plans, keeping in step, retention forecast',
  protection: 'recovery points, protection status',
  delivery: 'claims, calls to clusters, what answers mean',
  observation: 'watches, sharing of clusters, what others did',
  agents: 'tokens and events of agents in clusters',
  watchdog: 'broken invariants',
};
