/**
 * Many simulated clusters in a process of their own, so that what they cost is not measured as the service's. Told over
 * IPC; as a module, it starts that process and speaks to it.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type EventsOptions, type Fault, type SimulatedCluster, startClusters } from '../../simulator/index.ts';
import { type Act, place, recover, strike, struckCount } from './ailments.ts';

export { place } from './ailments.ts';

export interface ManyClusters {
  readonly clusters: readonly {
    readonly name: string;
    readonly server: string;
    readonly ca: string;
    readonly token: string;
  }[];
  /** On these clusters, by number; undefined clears all faults. */
  fault(numbers: readonly number[], fault: Fault | undefined): Promise<void>;
  /** Lets these clusters fall ill, of all that is named at once. */
  strike(numbers: readonly number[], ailments: readonly (Fault | Act)[]): Promise<void>;
  /** Ends all that they were struck with, and whatever still hangs on their connections. */
  recover(numbers: readonly number[]): Promise<void>;
  postEvents(number: number, options: EventsOptions): Promise<void>;
  /** How many Operations the clusters have, by number of cluster. */
  counts(): Promise<readonly number[]>;
  seen(number: number): Promise<Seen>;
  stop(): Promise<void>;
}

/** What has come to a cluster, and what it has. */
export interface Seen {
  /** The last 2,000, the oldest first; `at` in milliseconds, `code` 0 without an answer. */
  readonly requests: readonly {
    readonly verb: string;
    readonly resource: string;
    readonly name?: string;
    readonly code: number;
    readonly at: number;
  }[];
  /** How often the faults that count have struck since `strike`. */
  readonly struckCount: number;
  readonly operations: readonly { readonly name: string; readonly phase: string; readonly createdAt: string }[];
}

type Told =
  | { readonly what: 'start'; readonly speeds: readonly number[] }
  | { readonly what: 'fault'; readonly numbers: readonly number[]; readonly fault?: Fault }
  | { readonly what: 'strike'; readonly numbers: readonly number[]; readonly ailments: readonly (Fault | Act)[] }
  | { readonly what: 'recover'; readonly numbers: readonly number[] }
  | { readonly what: 'postEvents'; readonly number: number; readonly options: EventsOptions }
  | { readonly what: 'seen'; readonly number: number }
  | { readonly what: 'count' };

/** One cluster for each of the speeds. */
export async function startManyClusters(speeds: readonly number[]): Promise<ManyClusters> {
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
  const clusters = await ask({ what: 'start', speeds });
  return {
    clusters,
    async fault(numbers, fault) {
      await ask({ what: 'fault', numbers, ...(fault !== undefined && { fault }) });
    },
    async strike(numbers, ailments) {
      await ask({ what: 'strike', numbers, ailments });
    },
    async recover(numbers) {
      await ask({ what: 'recover', numbers });
    },
    async postEvents(number, options) {
      await ask({ what: 'postEvents', number, options });
    },
    counts: () => ask({ what: 'count' }),
    seen: (number) => ask({ what: 'seen', number }),
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
        clusters.push(...(await startAll(told.speeds)));
        return clusters.map(({ name, url, caPem, token }) => ({ name, server: url, ca: caPem, token }));
      case 'fault':
        for (const cluster of named) {
          if (told.fault === undefined) cluster.clearFaults();
          else cluster.inject(told.fault);
        }
        return 'done';
      case 'strike':
        await Promise.all(named.map((cluster) => strike(cluster, told.ailments)));
        return 'done';
      case 'recover':
        await Promise.all(named.map(recover));
        return 'done';
      case 'postEvents':
        clusters[told.number]?.postEvents(told.options);
        return 'done';
      case 'seen':
        return seenBy(clusters[told.number]);
      case 'count':
        return clusters.map((cluster) => cluster.list('operations').length);
    }
  };
  process.on('message', async (told: Told) => say(await answer(told)));
}

async function startAll(speeds: readonly number[]): Promise<readonly SimulatedCluster[]> {
  const started = new Map<number, SimulatedCluster[]>();
  for (const speed of new Set(speeds)) {
    const count = speeds.filter((each) => each === speed).length;
    const { clusters } = await startClusters(count, { speed, namePrefix: `simulated-${speed}-`, ...place });
    started.set(speed, [...clusters]);
  }
  return speeds.flatMap((speed) => started.get(speed)?.splice(0, 1) ?? []);
}

function seenBy(cluster: SimulatedCluster | undefined): Seen | undefined {
  if (cluster === undefined) return undefined;
  const isServed = cluster.get('customresourcedefinitions', undefined, 'operations.ops.vworkspace.io') !== undefined;
  return {
    requests: cluster.requests.log,
    struckCount: struckCount(cluster),
    operations: isServed ? cluster.list('operations').map(stateOf) : [],
  };
}

function stateOf(object: unknown): Seen['operations'][number] {
  // biome-ignore lint/suspicious/noExplicitAny: an object of the cluster is read freely
  const { metadata, status } = object as any;
  return { name: metadata.name, phase: status?.phase ?? 'Pending', createdAt: metadata.creationTimestamp };
}
