/**
 * Many simulated clusters in a process of their own, so that what they cost is not measured as the service's. Told over
 * IPC; as a module, it starts that process and speaks to it.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Fault, startClusters } from '../../simulator/index.ts';

export interface ManyClusters {
  readonly ca: string;
  readonly clusters: readonly { readonly name: string; readonly server: string; readonly token: string }[];
  /** On these clusters, by number; undefined clears all faults. */
  fault(numbers: readonly number[], fault: Fault | undefined): Promise<void>;
  /** How many Operations the clusters have, by number of cluster. */
  counts(): Promise<readonly number[]>;
  /** The applies of Operations that a cluster was sent, the oldest first; `at` in milliseconds, `code` 0 without an answer. */
  applies(number: number): Promise<readonly { readonly name: string; readonly code: number; readonly at: number }[]>;
  /** The phases that a cluster's Operations have, by name. */
  phases(number: number): Promise<Readonly<Record<string, string>>>;
  stop(): Promise<void>;
}

export const place = { namespace: 'org-myteam', application: 'nextcloud' } as const;

type Told =
  | { readonly what: 'start'; readonly count: number; readonly speed: number }
  | { readonly what: 'fault'; readonly numbers: readonly number[]; readonly fault?: Fault }
  | { readonly what: 'applies' | 'phases'; readonly number: number }
  | { readonly what: 'count' };

export async function startManyClusters(count: number, speed = 1): Promise<ManyClusters> {
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
  const started = await ask({ what: 'start', count, speed });
  return {
    ...started,
    async fault(numbers, fault) {
      await ask({ what: 'fault', numbers, ...(fault !== undefined && { fault }) });
    },
    counts: () => ask({ what: 'count' }),
    applies: (number) => ask({ what: 'applies', number }),
    phases: (number) => ask({ what: 'phases', number }),
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

if (process.argv[2] === 'serve' && process.send !== undefined) {
  const say = process.send.bind(process);
  let many: Awaited<ReturnType<typeof startClusters>> | undefined;
  process.on('message', async (told: Told) => {
    if (told.what === 'start') {
      many = await startClusters(told.count, { speed: told.speed, ...place });
      const clusters = many.clusters.map(({ name, url, token }) => ({ name, server: url, token }));
      say({ ca: many.clusters[0]?.caPem, clusters });
    } else if (told.what === 'fault') {
      for (const number of told.numbers) {
        if (told.fault === undefined) many?.clusters[number]?.clearFaults();
        else many?.clusters[number]?.inject(told.fault);
      }
      say('done');
    } else if (told.what === 'applies') {
      const { log = [] } = many?.clusters[told.number]?.requests ?? {};
      say(log.filter(({ verb, resource }) => verb === 'patch' && resource === 'operations'));
    } else if (told.what === 'phases') {
      const resources = many?.clusters[told.number]?.list('operations') ?? [];
      say(Object.fromEntries(resources.map(phaseOf)));
    } else say(many?.clusters.map((cluster) => cluster.list('operations').length));
  });
}

function phaseOf(object: unknown): readonly [name: string, phase: string] {
  // biome-ignore lint/suspicious/noExplicitAny: an object of the cluster is read freely
  const { metadata, status } = object as any;
  return [metadata.name, status?.phase ?? 'Pending'];
}
