/**
 * `npm run bench`: what our scheduler costs, beside what others cost for the same rows, in one run on one PostgreSQL.
 * README.md in this folder says what each row means. Takes about five minutes on two cores.
 *
 *   npm run bench -- --fires=2000        smaller bursts, for a quick look
 *   npm run bench -- --only=scheduler    or --only=connector, or --only=api
 */
import { parseArgs } from 'node:util';
import { freshDatabase } from '../test/support/database.ts';
import { type Asked, apiFigures, asked, p99At } from './api/api.ts';
import { bullmq } from './bullmq.ts';
import { deliveries } from './deliveries.ts';
import { graphileWorker } from './graphile-worker.ts';
import { lag } from './lag.ts';
import { limit } from './limit.ts';
import { machine } from './machine.ts';
import { observations } from './observations.ts';
import { ours } from './ours.ts';
import { pgBoss } from './pg-boss.ts';
import { type Figure, progress, repeated } from './repeat.ts';
import { readRows } from './rows.ts';
import { type Servers, startServers } from './servers.ts';
import { setStage } from './stage.ts';
import { table } from './table.ts';

const { values } = parseArgs({ options: { fires: { type: 'string', default: '10000' }, only: { type: 'string' } } });
const fireCount = Number(values.fires);
if (!Number.isInteger(fireCount) || fireCount < 1) throw new Error('--fires must be a whole number above 0');

const servers = await startServers();
let failed = false;
const goal = (met: boolean) => {
  failed ||= !met;
  return met ? 'met' : 'MISSED';
};
try {
  process.env.TEST_DATABASE_URL = servers.databaseUrl;
  const told = await machine(servers);
  for (const line of told) progress(line);
  const report: string[] = [];
  const wanted = (part: string) => values.only === undefined || values.only === part;
  if (wanted('scheduler')) report.push(await bursts(servers), await perFire(), await lags(servers));
  if (wanted('connector')) report.push(await toClusters(), await fromClusters());
  if (wanted('api')) report.push(await requests());
  console.log(`\n${[...told, ...report].join('\n\n')}\n`);
} finally {
  await servers.stop();
}
if (failed) process.exitCode = 1;

async function bursts({ redisUrl }: Servers): Promise<string> {
  const database = await freshDatabase();
  const stage = await setStage(database.url, fireCount, fireCount);
  const figures = new Map<string, Figure>();
  const measure = async (
    name: string,
    times: number,
    warmUps: number,
    contender: { burst(): Promise<number>; close(): Promise<unknown> },
  ) => {
    figures.set(name, await repeated(name, times, contender.burst, warmUps));
    await contender.close();
  };
  const service = await ours(stage);
  await service.burst();
  const rows = await readRows(stage.pool);
  await measure('ours', 5, 1, service);
  await measure('limit: multi-row inserts', 5, 1, await limit(stage, rows));
  await measure('pg-boss', 3, 1, await pgBoss(stage, rows));
  await measure('graphile-worker', 3, 1, await graphileWorker(stage, rows));
  if (redisUrl === undefined) progress('no redis-server here: left out what needs it');
  else await measure('BullMQ and Prisma', 3, 0, await bullmq(stage, rows, redisUrl));
  await stage.close();
  await database.drop();

  const base = figures.get('ours')?.median ?? Number.NaN;
  const ratio = (name: string) => (figures.get(name)?.median ?? Number.NaN) / base;
  const goals = [`ours ≤ 3 × the limit: ${goal(1 / ratio('limit: multi-row inserts') <= 3)}`];
  if (redisUrl !== undefined) goals.push(`ours ≥ 10 × BullMQ and Prisma: ${goal(ratio('BullMQ and Prisma') >= 10)}`);
  return table(
    `${fireCount} schedules due in the same second, until the last Operation is committed`,
    ['', 'median s', 'lowest', 'highest', 'runs', 'fires/s', 'time, ours = 1'],
    [...figures].map(([name, { median, lowest, highest, count }]) => [
      name,
      median.toFixed(3),
      lowest.toFixed(3),
      highest.toFixed(3),
      String(count),
      (fireCount / median).toFixed(0),
      ratio(name).toFixed(2),
    ]),
    goals,
  );
}

async function perFire(): Promise<string> {
  const due = Math.min(1000, fireCount);
  const figures: [number, Figure][] = [];
  for (const present of [1_000, 10_000, 100_000]) {
    const database = await freshDatabase();
    const stage = await setStage(database.url, present, due);
    const service = await ours(stage);
    figures.push([present, await repeated(`${due} due of ${present}`, 5, service.burst, 2)]);
    await service.close();
    await stage.close();
    await database.drop();
  }
  const base = figures[0]?.[1].median ?? Number.NaN;
  const last = figures.at(-1)?.[1].median ?? Number.NaN;
  return table(
    `Cost of a fire with many schedules present, ${due} of them due`,
    ['schedules', 'median µs a fire', 'lowest', 'highest', 'runs', 'ratio'],
    figures.map(([present, { median, lowest, highest, count }]) => [
      String(present),
      ...[median, lowest, highest].map((seconds) => ((seconds * 1e6) / due).toFixed(0)),
      String(count),
      (median / base).toFixed(2),
    ]),
    [`with 100,000 ≤ 1.3 × with 1,000: ${goal(last / base <= 1.3)}`],
  );
}

async function lags({ redisUrl }: Servers): Promise<string> {
  const rows: string[][] = [];
  const goals: string[] = [];
  for (const [queue, url] of [
    ['PostgreSQL', undefined],
    ['Redis', redisUrl],
  ] as const) {
    if (queue === 'Redis' && url === undefined) continue;
    const database = await freshDatabase();
    const { p50Ms, p99Ms, lastSeenMs, fireCount: measured } = await lag(`lag, queue in ${queue}`, database.url, url);
    await database.drop();
    rows.push([queue, String(measured), p50Ms.toFixed(0), p99Ms.toFixed(0), lastSeenMs.toFixed(0)]);
    goals.push(`p99 < 250 ms with the queue in ${queue}: ${goal(p99Ms < 250)}`);
  }
  return table(
    'Lag from the slot to the committed Operation, by real ticks, 1000 fires sharing a second',
    ['queue in', 'fires', 'p50 ms', 'p99 ms', 'last seen ms'],
    rows,
    goals,
  );
}

async function toClusters(): Promise<string> {
  const { operationCount, ours: service, bare } = await deliveries();
  const share = bare.median / service.median;
  return table(
    `${operationCount} Operations delivered to one cluster, until every answer is recorded`,
    ['', 'median s', 'lowest', 'highest', 'runs', 'deliveries/s', 'share of the bare loop'],
    [contender('ours', service, operationCount, share), contender('bare loop of patches', bare, operationCount, 1)],
    [`ours ≥ 0.7 of the bare loop: ${goal(share >= 0.7)}`],
  );
}

async function fromClusters(): Promise<string> {
  const { operationCount, ours: service, inserts } = await observations();
  return table(
    `${operationCount} ends of Operations told by a watch at once, until the last row is committed`,
    ['', 'median s', 'lowest', 'highest', 'runs', 'observations/s', 'share of bare inserts'],
    [
      contender('ours', service, operationCount, inserts.median / service.median),
      contender('bare inserts of the same rows', inserts, operationCount, 1),
    ],
    [`ours ≥ 5,000 a second: ${goal(operationCount / service.median >= 5_000)}`],
  );
}

/** The least share of the bare server, by what is asked. */
const shares: Readonly<Record<Asked, number>> = {
  POST: 0.45,
  'POST with a key': 0.35,
  'list of 50': 0.8,
  get: 0.4,
  PATCH: 0.3,
};

async function requests(): Promise<string> {
  const { ours: service, bare, allRoles, p99Ms, peakMegabytes } = await apiFigures();
  const shareOf = (what: Asked) => service[what].median / bare[what].median;
  const rolesShare = allRoles.median / service.POST.median;
  return table(
    'Requests a second, of 32 connections that are always busy, beside a bare Fastify with one statement of pg',
    ['', 'ours', 'lowest', 'highest', 'runs', 'bare', 'share'],
    asked.map((what) => [
      what,
      ...[service[what].median, service[what].lowest, service[what].highest].map((rate) => rate.toFixed(0)),
      String(service[what].count),
      bare[what].median.toFixed(0),
      shareOf(what).toFixed(3),
    ]),
    [
      ...asked.map((what) => `${what} ≥ ${shares[what]} of the bare: ${goal(shareOf(what) >= shares[what])}`),
      `p99 of POST at ${p99At} a second ≤ 25 ms: ${goal(p99Ms <= 25)} (${p99Ms.toFixed(0)} ms)`,
      `POST to a process with all roles ≥ ⅔ of that: ${goal(rolesShare >= 2 / 3)} (${allRoles.median.toFixed(0)} a second, ${rolesShare.toFixed(2)})`,
      `peak memory of the API < 400 MB: ${goal(peakMegabytes < 400)} (${peakMegabytes.toFixed(0)} MB)`,
    ],
  );
}

function contender(
  name: string,
  { median, lowest, highest, count }: Figure,
  items: number,
  share: number,
): readonly string[] {
  return [
    name,
    median.toFixed(3),
    lowest.toFixed(3),
    highest.toFixed(3),
    String(count),
    (items / median).toFixed(0),
    share.toFixed(2),
  ];
}
