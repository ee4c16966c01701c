/**
 * Watches one kind: in the whole cluster where that is allowed, else in each namespace that holds applications of ours.
 * Each namespace is watched by itself, so that a refused one takes nothing from the others.
 *
 * The whole cluster is tried again after some seconds, because an API server that has just started knows of no rights
 * yet. Then it is tried again now and then, because rights may be granted at any time.
 */
import type { ClusterFailure } from '../../core/clusters/rules/failure.ts';
import type { Watcher } from '../../core/observation/ports.ts';
import { pause, randomBetween } from '../timers.ts';
import { listAndWatch } from './list-and-watch.ts';
import { type Identified, pathOf } from './resource.ts';
import type { WatchReceivers, WatchScope } from './watch-scope.ts';
import type { WatchPart, WatchParts } from './watch-state.ts';

export type KindWatch<Observed extends Identified> = Omit<WatchScope<Observed>, 'namespace'> &
  Omit<WatchReceivers<Observed>, 'part'> &
  Pick<Watcher, 'namespaces'> & { readonly parts: WatchParts };

/** Never rejects. Returns soon after `signal` aborts. */
export async function watchKind<Observed extends Identified>(
  watch: KindWatch<Observed>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const part = watch.parts.join(watch.kind.resource);
    const refusal = await listAndWatch({ ...watch, part }, signal);
    if (refusal !== undefined) await watchNamespaces(watch, part, refusal, signal);
    await part.leave();
  }
}

interface Running {
  readonly abort: AbortController;
  readonly ended: Promise<unknown>;
}

/**
 * Returns when the whole cluster may be listed. While there is no namespace, it reports the refusal of the whole
 * cluster.
 */
async function watchNamespaces<Observed extends Identified>(
  watch: KindWatch<Observed>,
  wholeCluster: WatchPart,
  refusal: ClusterFailure,
  signal: AbortSignal,
): Promise<void> {
  const { kind, parts, timings } = watch;
  const running = new Map<string, Running>();
  const end = async (namespace: string) => {
    const { abort, ended } = running.get(namespace) ?? {};
    running.delete(namespace);
    abort?.abort();
    await ended;
  };
  const start = (namespace: string) => {
    const part = parts.join(kind.resource, namespace);
    const abort = new AbortController();
    const ended = listAndWatch({ ...watch, namespace, part }, abort.signal).then(() => part.leave());
    running.set(namespace, { abort, ended });
  };
  let retryAt = 0;
  try {
    while (!signal.aborted) {
      const wanted = await namespacesOf(watch, new Set(running.keys()));
      if (signal.aborted) return;
      for (const namespace of wanted) if (!running.has(namespace)) start(namespace);
      await Promise.all([...running.keys()].filter((namespace) => !wanted.has(namespace)).map(end));
      await (wanted.size === 0 ? wholeCluster.report({ kind: 'Failed', failure: refusal }) : wholeCluster.leave());
      const none = wanted.size === 0;
      await pause(randomBetween(none ? timings.refusedSeconds : timings.namespacesSeconds), signal);
      if (!none && performance.now() < retryAt) continue;
      if (await mayListWholeCluster(watch, signal)) return;
      retryAt = performance.now() + randomBetween(timings.wholeClusterSeconds) * 1000;
    }
  } finally {
    await Promise.all([...running.keys()].map(end));
  }
}

/** When they cannot be read, those that are watched stay. */
async function namespacesOf(
  { namespaces, log, clusterId }: Pick<KindWatch<Identified>, 'namespaces' | 'log' | 'clusterId'>,
  known: ReadonlySet<string>,
): Promise<ReadonlySet<string>> {
  try {
    return new Set(await namespaces());
  } catch (err) {
    log.warn({ clusterId, err }, 'the namespaces to watch could not be read');
    return known;
  }
}

async function mayListWholeCluster(
  { kind, client, timings }: Pick<KindWatch<Identified>, 'kind' | 'client' | 'timings'>,
  signal: AbortSignal,
): Promise<boolean> {
  const request = { method: 'GET', path: pathOf(kind, undefined, { limit: '1' }) } as const;
  const limits = { seconds: timings.callSeconds, bytes: 4 * 1024 * 1024, signal };
  return client.call(request, limits).then(
    ({ status }) => status === 200,
    () => false,
  );
}
