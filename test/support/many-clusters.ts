/**
 * Many simulated clusters in a process of their own, so that what they cost is not measured as the service's. Told over
 * IPC; as a module, it starts that process and speaks to it.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type EventsOptions, type SimulatedCluster, startClusters } from '../../simulator/index.ts';
import { type Ailment, place, recover, strike, struckCount } from './ailments.ts';
import type { Free } from './kubernetes/free-object.ts';

export { place } from './ailments.ts';

export interface ManyClusters {
  readonly clusters: readonly {
    readonly name: string;
    readonly server: string;
    readonly ca: string;
    readonly token: string;
  }[];
  /** Lets clusters, by number, fall ill of all of these at once. */
  strike(numbers: readonly number[], ...ailments: readonly Ailment[]): Promise<void>;
  /** Ends their faults, and nothing else: what hangs goes on hanging. */
  clear(numbers: readonly number[]): Promise<void>;
  /** Ends all that they were struck with, and every connection to them. */
  recover(numbers: readonly number[]): Promise<void>;
  postEvents(number: number, options: EventsOptions): Promise<void>;
  /** How many Operations the clusters have, by number of cluster. */
  counts(): Promise<readonly number[]>;
  /** The last 2,000, the oldest first. */
  requests(number: number): Promise<readonly LoggedRequest[]>;
  /** How often the faults of `strike` have struck; what strikes no single request is not counted. */
  struckCount(number: number): Promise<number>;
  /** None while the cluster does not serve them. */
  operations(number: number): Promise<readonly StatedOperation[]>;
  stop(): Promise<void>;
}

/** `at` in milliseconds, `code` 0 without an answer. */
export interface LoggedRequest {
  readonly verb: string;
  readonly resource: string;
  readonly name?: string;
  readonly code: number;
  readonly at: number;
}

export interface StatedOperation {
  readonly name: string;
  readonly phase: string;
  readonly createdAt: string;
}

/** Clusters that are alike. At speed 1 a backup takes some 20 s. */
export interface Group {
  readonly count: number;
  readonly speed?: number;
}

type Told =
  | { readonly what: 'start'; readonly groups: readonly Group[] }
  | { readonly what: 'strike'; readonly numbers: readonly number[]; readonly ailments: readonly Ailment[] }
  | { readonly what: 'clear' | 'recover'; readonly numbers: readonly number[] }
  | { readonly what: 'postEvents'; readonly number: number; readonly options: EventsOptions }
  | { readonly what: 'requests' | 'struckCount' | 'operations'; readonly number: number }
  | { readonly what: 'count' };

/** Numbered in the order of the groups. */
export async function startManyClusters(groups: readonly Group[]): Promise<ManyClusters> {
  const child: ChildProcess = fork(fileURLToPath(import.meta.url), ['serve'], { stdio: 'inherit' });
  let last: Promise<unknown> = Promise.resolve();
  const ask = (told: Told) => {
    const asked = last.then(async () => {
      const answer = once(child, 'message');
      child.send(told);
      const [message] = await answer;
      return message;
    });
    last = asked;
    return asked;
  };
  const clusters = await ask({ what: 'start', groups });
  return {
    clusters,
    async strike(numbers, ...ailments) {
      await ask({ what: 'strike', numbers, ailments });
    },
    async clear(numbers) {
      await ask({ what: 'clear', numbers });
    },
    async recover(numbers) {
      await ask({ what: 'recover', numbers });
    },
    async postEvents(number, options) {
      await ask({ what: 'postEvents', number, options });
    },
    counts: () => ask({ what: 'count' }),
    requests: (number) => ask({ what: 'requests', number }),
    struckCount: (number) => ask({ what: 'struckCount', number }),
    operations: (number) => ask({ what: 'operations', number }),
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

if (process.argv[2] === 'serve' && process.send !== undefined) {
  const say = process.send.bind(process);
  const clusters: SimulatedCluster[] = [];
  const answer = async (told: Told): Promise<unknown> => {
    const named = 'numbers' in told ? clusters.filter((_, number) => told.numbers.includes(number)) : [];
    switch (told.what) {
      case 'start':
        for (const { count, speed = 1 } of told.groups) {
          const namePrefix = `simulated-${clusters.length}-`;
          clusters.push(...(await startClusters(count, { speed, namePrefix, ...place })).clusters);
        }
        return clusters.map(({ name, url, caPem, token }) => ({ name, server: url, ca: caPem, token }));
      case 'strike':
        await Promise.all(named.map((cluster) => strike(cluster, told.ailments)));
        return 'done';
      case 'clear':
        for (const cluster of named) cluster.clearFaults();
        return 'done';
      case 'recover':
        await Promise.all(named.map(recover));
        return 'done';
      case 'postEvents':
        clusters[told.number]?.postEvents(told.options);
        return 'done';
      case 'requests':
        return clusters[told.number]?.requests.log;
      case 'struckCount':
        return struckCount(clusters[told.number]);
      case 'operations':
        return operationsOf(clusters[told.number]);
      case 'count':
        return clusters.map((cluster) => cluster.list('operations').length);
    }
  };
  process.on('message', async (told: Told) => say(await answer(told)));
}

function operationsOf(cluster: SimulatedCluster | undefined): readonly StatedOperation[] {
  const crd = cluster?.get('customresourcedefinitions', undefined, 'operations.ops.vworkspace.io');
  return crd === undefined ? [] : (cluster?.list('operations') ?? []).map(stated);
}

function stated(object: unknown): StatedOperation {
  const { metadata, status } = object as Free;
  return { name: metadata.name, phase: status?.phase ?? 'Pending', createdAt: metadata.creationTimestamp };
}
