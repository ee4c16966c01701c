/**
 * Requests to the API, beside the same requests to a bare Fastify that makes one statement of `pg` for each. Ours runs as
 * in production, a process with the role api, and logs its requests; then with all roles. Both are on one database, and
 * take turns.
 */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { makeTls } from '../../simulator/index.ts';
import { type Client, clientOf } from '../../test/support/client.ts';
import { freshDatabase } from '../../test/support/database.ts';
import { freePort } from '../../test/support/port.ts';
import { adminKey, oneMachine, secretsKey } from '../../test/support/service.ts';
import { until } from '../../test/support/until.ts';
import { type Figure, figureOf, progress } from '../repeat.ts';
import { ended } from '../servers.ts';
import { type Ask, type Loader, loaderOf } from './load.ts';

export const asked = ['POST', 'POST with a key', 'list of 50', 'get', 'PATCH'] as const;
export type Asked = (typeof asked)[number];

export interface ApiFigures {
  /** Answers a second. */
  readonly ours: Readonly<Record<Asked, Figure>>;
  readonly bare: Readonly<Record<Asked, Figure>>;
  /** `POST` to a process with all roles, a second. */
  readonly allRoles: Figure;
  /** Of `POST`, at `p99At` a second. */
  readonly p99Ms: number;
  readonly peakMegabytes: number;
}

export const p99At = 500;
const rounds = 3;
const seconds = 4;
const scheduleCount = 64;
const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const Listening = z.object({ port: z.int() });

export async function apiFigures(): Promise<ApiFigures> {
  const database = await freshDatabase();
  const folder = mkdtempSync(join(tmpdir(), 'vworkspace-api-'));
  const ends: (() => Promise<unknown>)[] = [
    () => Promise.resolve(rmSync(folder, { recursive: true, force: true, maxRetries: 10 })),
    database.drop,
  ];
  try {
    const service = await startOurs(database.url, folder, 'api');
    ends.push(service.stop);
    const scene = await setScene(clientOf(service.url, adminKey));
    const bare = await startBare(database.url);
    ends.push(bare.stop);
    const taken = await inTurn({ ours: service.loader, bare: bare.loader }, asksOf(scene));
    const p99Ms = await service.loader.p99(asksOf(scene).POST, p99At, 10);
    progress(`POST at ${p99At} a second: p99 ${p99Ms.toFixed(0)} ms`);
    const peakMegabytes = service.peakMegabytes();
    await service.stop();
    const all = await startOurs(database.url, folder, undefined);
    ends.push(all.stop);
    const rates: number[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      const rate = await all.loader.rate(asksOf(scene).POST, seconds);
      progress(`POST, all roles: ${rate.toFixed(0)} a second${round === 0 ? ' (warming up)' : ''}`);
      if (round > 0) rates.push(rate);
    }
    return { ...taken, allRoles: figureOf(rates), p99Ms, peakMegabytes };
  } finally {
    for (const end of ends.toReversed()) await end();
  }
}

async function inTurn(
  loaders: Readonly<Record<'ours' | 'bare', Loader>>,
  asks: Readonly<Record<Asked, () => Ask>>,
): Promise<Pick<ApiFigures, 'ours' | 'bare'>> {
  const figures = { ours: new Map<Asked, Figure>(), bare: new Map<Asked, Figure>() };
  for (const what of asked) {
    const rates = { ours: [] as number[], bare: [] as number[] };
    for (let round = 0; round <= rounds; round += 1) {
      for (const who of ['ours', 'bare'] as const) {
        const rate = await loaders[who].rate(asks[what], round === 0 ? seconds / 2 : seconds);
        if (round > 0) rates[who].push(rate);
      }
    }
    for (const who of ['ours', 'bare'] as const) figures[who].set(what, figureOf(rates[who]));
    progress(`${what}: ours ${median(rates.ours)}, bare ${median(rates.bare)} a second`);
  }
  return { ours: recordOf(figures.ours), bare: recordOf(figures.bare) };
}

const median = (rates: readonly number[]) => figureOf(rates).median.toFixed(0);

function recordOf(figures: ReadonlyMap<Asked, Figure>): Readonly<Record<Asked, Figure>> {
  const of = (what: Asked) => figures.get(what) ?? figureOf([]);
  return {
    POST: of('POST'),
    'POST with a key': of('POST with a key'),
    'list of 50': of('list of 50'),
    get: of('get'),
    PATCH: of('PATCH'),
  };
}

interface Scene {
  readonly key: string;
  readonly applicationInstanceId: string;
  readonly operationId: string;
  /** Enough that no two requests change one at once. */
  readonly scheduleIds: readonly string[];
}

/** One application of one cluster that nobody reaches, with a schedule. */
async function setScene(api: Client): Promise<Scene> {
  const make = async (path: string, body: object) => {
    const answer = await api.post(path, body);
    if (answer.status !== 201) throw new Error(`${path} was answered with ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const { caPem: ca } = await makeTls();
  const { id: clusterId } = await make('/v1/clusters', {
    name: 'cluster-prod-1',
    server: 'https://127.0.0.1:1',
    ca,
    token: 'bench',
  });
  const { id: applicationClassId } = await make('/v1/application-classes', { name: 'nextcloud' });
  const place = { clusterId, applicationClassId, namespace: 'org-myteam', name: 'nextcloud-myteam' };
  const { id: applicationInstanceId } = await make('/v1/application-instances', place);
  const scheduleIds: string[] = [];
  for (let n = 0; n < scheduleCount; n += 1) {
    const schedule = { name: `nightly-${n}`, schedule: '0 2 * * *', timeZone: 'Europe/Berlin' };
    scheduleIds.push((await make('/v1/schedules', { applicationInstanceId, ...schedule })).id);
  }
  const { operation } = await make('/v1/operations', { applicationInstanceId, type: 'Backup' });
  return { key: adminKey, applicationInstanceId, operationId: operation.id, scheduleIds };
}

function asksOf({ key, applicationInstanceId, operationId, scheduleIds }: Scene): Readonly<Record<Asked, () => Ask>> {
  const headers = { authorization: `Bearer ${key}` };
  const post = { method: 'POST', path: '/v1/operations', body: { applicationInstanceId, type: 'Backup' } } as const;
  let count = 0;
  const next = () => {
    count += 1;
    return count;
  };
  return {
    POST: () => ({ ...post, headers }),
    'POST with a key': () => ({
      ...post,
      headers: { ...headers, 'idempotency-key': `bench-${next()}-${Date.now()}` },
    }),
    'list of 50': () => ({ method: 'GET', path: '/v1/operations?limit=50', headers }),
    get: () => ({ method: 'GET', path: `/v1/operations/${operationId}`, headers }),
    PATCH: () => ({
      ...{ method: 'PATCH', path: `/v1/schedules/${scheduleIds[next() % scheduleCount]}`, headers },
      body: { displayName: `Nightly ${count}` },
    }),
  };
}

interface Server {
  readonly url: string;
  readonly loader: Loader;
  /** Of the memory that it has in use. */
  peakMegabytes(): number;
  stop(): Promise<void>;
}

async function startOurs(databaseUrl: string, folder: string, roles: string | undefined): Promise<Server> {
  const port = await freePort();
  const child = spawn(process.execPath, [here('../../src/main.ts')], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...{ PATH: process.env.PATH, ...oneMachine, DATABASE_URL: databaseUrl, DATA_FOLDER: folder },
      ...{ ROLES: roles, PORT: String(port), ADMIN_API_KEY: adminKey, SECRETS_KEY: secretsKey },
    },
  });
  return serverOf(child, `http://127.0.0.1:${port}`);
}

async function startBare(databaseUrl: string): Promise<Server> {
  const child = fork(here('./bare.ts'), { env: { PATH: process.env.PATH, DATABASE_URL: databaseUrl } });
  const [message] = await once(child, 'message');
  return serverOf(child, `http://127.0.0.1:${Listening.parse(message).port}`);
}

async function serverOf(child: ChildProcess, url: string): Promise<Server> {
  await until('the server answers', 60, async () => {
    const answer = await fetch(`${url}/healthz`).catch(() => undefined);
    return answer !== undefined;
  });
  const loader = loaderOf(url);
  return {
    url,
    loader,
    // Linux keeps it; elsewhere nobody says.
    peakMegabytes() {
      try {
        const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1];
        return Number(peak) / 1024;
      } catch {
        return Number.NaN;
      }
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      await loader.close();
      await ended(child, 'SIGTERM');
    },
  };
}
