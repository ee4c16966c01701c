/**
 * Follows Velero's resources in its one namespace, where the cluster allows it. The right is optional: one call asks
 * whether Backups may be listed, and while they may not it asks again every few minutes and makes no other call.
 */

import type { ClusterFailure } from '../../core/clusters/rules/failure.ts';
import type { VeleroWatcher } from '../../core/velero/ports.ts';
import type { ObservedVelero } from '../../core/velero/rules/velero-resource.ts';
import { failureOf } from '../http/failures.ts';
import { unreachable } from '../http/unreachable.ts';
import { pause, randomBetween } from '../timers.ts';
import { veleroKinds } from './kinds/observed-velero.ts';
import { listAndWatch } from './list-and-watch.ts';
import { pathOf } from './resource.ts';
import type { WatchScope } from './watch-scope.ts';
import { watchParts } from './watch-state.ts';

export type VeleroWatch = Omit<WatchScope<ObservedVelero>, 'kind' | 'namespace'> & { readonly velero: VeleroWatcher };

/** Never rejects. Returns soon after `signal` aborts. */
export async function watchVelero(watch: VeleroWatch, signal: AbortSignal): Promise<void> {
  const { velero, timings, log, clusterId } = watch;
  const report: VeleroWatcher['state'] = async (state) => {
    if (signal.aborted) return;
    await velero.state(state).catch((err: unknown) => log.warn({ clusterId, err }, "Velero's state is not recorded"));
  };
  while (!signal.aborted) {
    const namespace = await velero.namespace().catch(() => undefined);
    const failure = namespace === undefined ? undefined : await refusalOf(watch, namespace, signal);
    if (namespace !== undefined && failure === undefined) await followUntilRefused(watch, namespace, report, signal);
    else if (failure !== undefined) await report({ kind: 'Interrupted', failure });
    if (signal.aborted) return;
    const passes = failure !== undefined && failure.kind !== 'Refused';
    await pause(randomBetween(passes ? timings.refusedSeconds : timings.optionalSeconds), signal);
  }
}

/** Until `signal` aborts, or Backups are refused. What else is refused is tried again, and limits the watch. */
async function followUntilRefused(
  watch: VeleroWatch,
  namespace: string,
  report: VeleroWatcher['state'],
  signal: AbortSignal,
): Promise<void> {
  const { velero, timings } = watch;
  const round = new AbortController();
  const ended = AbortSignal.any([signal, round.signal]);
  const parts = watchParts(report, timings.repeatSeconds, 'backups');
  const follow = async (kind: (typeof veleroKinds)[number]) => {
    const part = parts.join(kind.resource);
    const followed = {
      seen: velero.seen,
      listed: (list: Parameters<VeleroWatcher['listed']>[1]) => velero.listed(kind.kind, list),
    };
    while (!ended.aborted) {
      const refusal = await listAndWatch({ ...watch, kind, namespace, part, followed, optional: true }, ended);
      if (refusal === undefined) continue;
      await part.report({ kind: 'Failed', failure: refusal });
      if (kind.resource === 'backups') round.abort();
      else await pause(randomBetween(timings.optionalSeconds), ended);
    }
  };
  await Promise.all(veleroKinds.map(follow));
}

async function refusalOf(
  { client, timings }: VeleroWatch,
  namespace: string,
  signal: AbortSignal,
): Promise<ClusterFailure | undefined> {
  const request = { method: 'GET', path: pathOf(veleroKinds[0], namespace, { limit: '1' }) } as const;
  try {
    const answer = await client.call(request, { seconds: timings.callSeconds, bytes: 4 * 1024 * 1024, signal });
    return answer.status === 200 ? undefined : failureOf(answer, Date.now());
  } catch (error) {
    return unreachable(error);
  }
}
