/**
 * Deliveries to one cluster, from rows that are owed until every answer is recorded, beside a bare loop of the same
 * patches with the same client to the same server, with as many calls at a time: the loop is given finished manifests and records nothing. In turn,
 * so that both find the server as full. The server is the simulated cluster in a process of its own.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deliver, parallelCalls } from '../src/core/delivery/deliver.ts';
import { manifestOf } from '../src/core/operations/rules/manifest.ts';
import { clusterApi } from '../src/kubernetes/cluster-api.ts';
import { readKubeconfig } from '../src/kubernetes/kubeconfig.ts';
import { freshDatabase } from '../test/support/database.ts';
import { until } from '../test/support/until.ts';
import { place, setClusterStage } from './cluster-stage.ts';
import { type Figure, figureOf, progress, secondsOf } from './repeat.ts';
import { ended } from './servers.ts';

const operationCount = 2_000;
const rounds = 5;
const quiet = { info() {}, warn() {}, error() {}, debug() {} };

export interface DeliveryFigures {
  readonly operationCount: number;
  readonly ours: Figure;
  readonly bare: Figure;
}

export async function deliveries(): Promise<DeliveryFigures> {
  const cluster = await startSimulator();
  const database = await freshDatabase();
  const access = readKubeconfig(cluster.kubeconfig);
  const stage = await setClusterStage(database.url, operationCount, access);
  const { opened, pool, clusterId } = stage;
  const api = clusterApi({ log: quiet, clock: opened.clock });
  try {
    const target = await opened.directory.target(clusterId);
    if (target === undefined) throw new Error('the cluster is not there');
    const bareRound = async (round: number) => {
      const manifests = (await stage.operations())
        .map((operation) =>
          manifestOf({ ...operation, name: `${operation.name}-b${round}`, uid: undefined }, target.cluster),
        )
        .values();
      return secondsOf(() =>
        Promise.all(
          Array.from({ length: parallelCalls }, async () => {
            for (const manifest of manifests) {
              const answer = await api.apply(target, manifest, Number.POSITIVE_INFINITY);
              if (answer.kind !== 'Applied') throw new Error(`not applied: ${JSON.stringify(answer)}`);
            }
          }),
        ),
      );
    };
    const ourRound = async (round: number) => {
      await pool.query(
        `update operation set name = regexp_replace(name, '-o.$', '') || $1, owed = 'Apply', next_attempt_at = now(), attempts = 0, lease_id = null,
                uid = null, delivered_at = null, phase = 'Pending', conditions = '[]', created_at = now(), deliver_before = now() + interval '1 day'`,
        [`-o${round}`],
      );
      await pool.query(`delete from event where reason <> 'Created'`);
      await pool.query('vacuum (analyze) operation, event');
      const seconds = await secondsOf(() =>
        deliver({ ...opened, clusterApi: api, log: quiet, chance: () => 0.5 }, clusterId),
      );
      const { rows } = await pool.query(
        'select count(*)::int as n from operation where uid is not null and owed is null',
      );
      if (rows[0].n !== operationCount) throw new Error(`only ${rows[0].n} of ${operationCount} were delivered`);
      return seconds;
    };
    const taken = { ours: [] as number[], bare: [] as number[] };
    for (let round = 0; round <= rounds; round += 1) {
      const bare = await bareRound(round);
      const ours = await ourRound(round);
      progress(
        `deliveries: ours ${ours.toFixed(3)} s, bare loop ${bare.toFixed(3)} s${round === 0 ? ' (warming up)' : ''}`,
      );
      if (round === 0) continue;
      taken.ours.push(ours);
      taken.bare.push(bare);
    }
    return { operationCount, ours: figureOf(taken.ours), bare: figureOf(taken.bare) };
  } finally {
    await api.close();
    await stage.close();
    await database.drop();
    await cluster.stop();
  }
}

async function startSimulator(): Promise<{ kubeconfig: string; stop: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'vworkspace-cluster-'));
  const file = join(folder, 'kubeconfig.yaml');
  const main = fileURLToPath(new URL('../simulator/main.ts', import.meta.url));
  const args = [main, '--kubeconfig', file, '--namespace', place.namespace, '--application', place.target];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  await until('the simulated cluster answers', 30, async () => existsSync(file) && readFileSync(file, 'utf8') !== '');
  return {
    kubeconfig: readFileSync(file, 'utf8'),
    async stop() {
      await ended(child, 'SIGTERM');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
