/**
 * The watch of one kind: the whole cluster where that is allowed, else the namespaces that hold applications of ours,
 * each by itself, so that one that is refused takes nothing from the others. The whole cluster is tried again after some
 * seconds, because an API server that has just started knows of no rights, and now and then, because they may be granted
 * at any time.
 */
import type { ClusterFailure } from '../../core/clusters/rules/failure.ts';
import type { Watcher } from '../../core/observation/ports.ts';
import { between, pause } from './back-off.ts';
import { watchScope } from './list-and-watch.ts';
import { type Identified, pathOf } from './resource.ts';
import type { Scope, Told } from './watch-scope.ts';
import type { Part, Standings } from './watch-state.ts';

export type KindWatch<Observed extends Identified> = Omit<Scope<Observed>, 'namespace'> &
  Omit<Told<Observed>, 'part'> &
  Pick<Watcher, 'namespaces'> & { readonly standings: Standings };

/** Never rejects. Returns soon after `signal` aborts. */
export async function watchKind<Observed extends Identified>(
  watch: KindWatch<Observed>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const part = watch.standings.join(watch.kind.resource);
    const refusal = await watchScope({ ...watch, part }, signal);
    if (refusal !== undefined) await watchNamespaces(watch, part, refusal, signal);
    await part.leave();
  }
}

interface Running {
  readonly abort: AbortController;
  readonly ended: Promise<unknown>;
}

/** Until the whole cluster may be listed. Without a namespace the refusal of the whole cluster is what is told. */
async function watchNamespaces<Observed extends Identified>(
  watch: KindWatch<Observed>,
  whole: Part,
  refusal: ClusterFailure,
  signal: AbortSignal,
): Promise<void> {
  const { kind, standings, timings } = watch;
  const running = new Map<string, Running>();
  const end = async (namespace: string) => {
    const { abort, ended } = running.get(namespace) ?? {};
    running.delete(namespace);
    abort?.abort();
    await ended;
  };
  const start = (namespace: string) => {
    const part = standings.join(kind.resource, namespace);
    const abort = new AbortController();
    const ended = watchScope({ ...watch, namespace, part }, abort.signal).then(() => part.leave());
    running.set(namespace, { abort, ended });
  };
  let askAt = 0;
  try {
    while (!signal.aborted) {
      const wanted = await namespacesOf(watch, new Set(running.keys()));
      if (signal.aborted) return;
      for (const namespace of wanted) if (!running.has(namespace)) start(namespace);
      await Promise.all([...running.keys()].filter((namespace) => !wanted.has(namespace)).map(end));
      await (wanted.size === 0 ? whole.tell({ kind: 'Failed', failure: refusal }) : whole.leave());
      const none = wanted.size === 0;
      await pause(between(none ? timings.refusedSeconds : timings.namespacesSeconds), signal);
      if (!none && performance.now() < askAt) continue;
      if (await mayListAll(watch, signal)) return;
      askAt = performance.now() + between(timings.widenSeconds) * 1000;
    }
  } finally {
    await Promise.all([...running.keys()].map(end));
  }
}

/** When they cannot be told, those that are watched stay. */
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

async function mayListAll(
  { kind, connection, timings }: Pick<KindWatch<Identified>, 'kind' | 'connection' | 'timings'>,
  signal: AbortSignal,
): Promise<boolean> {
  const request = { method: 'GET', path: pathOf(kind, undefined, { limit: '1' }) } as const;
  const limits = { seconds: timings.callSeconds, bytes: 4 * 1024 * 1024, signal };
  return connection.call(request, limits).then(
    ({ status }) => status === 200,
    () => false,
  );
}
