/**
 * What becomes of that which one watch sees: our Operations are folded, those of others recorded, applications mirrored,
 * and the state of the watch is reported with what is left out. Each write carries the epoch of its lease.
 */

import type { ClusterDirectory, ClusterTarget } from '../clusters/ports.ts';
import { type Fence, LeaseLost } from '../clusters/rules/fence.ts';
import { callConditions } from '../clusters/rules/reported-conditions.ts';
import type { Clock, Log } from '../kernel/ports.ts';
import type { ReportedCondition } from '../kernel/rules/condition.ts';
import type { Observation } from '../operations/rules/observed/observation.ts';
import { observe } from '../operations/rules/observed/observe.ts';
import { type FollowVeleroPorts, followVelero } from '../velero/follow-velero.ts';
import { foreignPace } from './foreign-pace.ts';
import { type MirrorPorts, mirrorApplications } from './mirror-applications.ts';
import type { Observations, Watcher, WatchState } from './ports.ts';
import { type RecordForeignPorts, recordForeignOperations } from './record-foreign-operations.ts';
import { type LeftOut, leftOutText } from './rules/foreign-caps.ts';
import { watchCondition } from './rules/reasons.ts';

export interface WatcherPorts extends MirrorPorts, RecordForeignPorts, FollowVeleroPorts {
  readonly directory: Pick<ClusterDirectory, 'namespaces' | 'report'>;
  readonly observations: Observations;
  readonly clock: Clock;
  readonly log: Log;
}

/** The lease that a watch writes under. */
export interface Held {
  readonly fence: Fence;
  /** To be called when a write was refused because another connector holds the cluster. */
  readonly lost: () => void;
  /** To be called when the watch has reported its first state. */
  readonly started: () => void;
}

export function watcherOf(
  ports: WatcherPorts,
  cluster: ClusterTarget['cluster'],
  { fence, lost, started }: Held,
): Watcher {
  const { directory, observations, clock, log } = ports;
  const clusterId = cluster.id;
  const applications = mirrorApplications(ports, { cluster, fence });
  const foreign = recordForeignOperations(ports, { cluster, fence });
  const pace = foreignPace();
  const veleroPace = foreignPace();
  const velero = followVelero(ports, cluster, fence);
  /** Wraps each write: the first one that is refused ends the watch. */
  const fenced = async <T>(write: Promise<T>): Promise<T> => {
    try {
      return await write;
    } catch (error) {
      if (error instanceof LeaseLost) lost();
      throw error;
    }
  };
  const ingest = async (seen: readonly Observation[]) => {
    const now = await clock.now();
    const { unmatched, foreignCount } = await fenced(
      observations.ingest(clusterId, seen, (operation, observation) => observe(operation, observation, now), fence),
    );
    await fenced(foreign.seen(unmatched));
    await reportLeftOut();
    await pace(foreignCount);
  };
  let stated: WatchState | undefined;
  let told = '';
  const leftOut = () => [foreign.leftOut(), applications.leftOut()].filter((each) => each !== undefined);
  /** What is left out limits the watch. The count grows, and is told with the next state. */
  const reportLeftOut = async () => {
    if (
      stated !== undefined &&
      leftOut()
        .map(({ of }) => of)
        .join() !== told
    )
      await report(stated);
  };
  const report = async (state: WatchState) => {
    stated = state;
    const left = leftOut();
    told = left.map(({ of }) => of).join();
    const failure = state.kind === 'Watching' ? undefined : state.failure;
    const contact = failure?.kind !== 'Unreachable';
    const conditions = [...callConditions(failure), watching(state, left)];
    const changed = await fenced(directory.report(clusterId, { conditions, contact, now: await clock.now() }, fence));
    started();
    if (changed.length > 0) log.info({ clusterId, changed, reason: failure?.message }, 'cluster conditions changed');
  };
  return {
    operations: {
      seen: ingest,
      async listed(list) {
        const { namespace, present, beganAt } = list;
        const missing = (await observations.expected(clusterId, beganAt)).filter(
          (expected) =>
            (namespace === undefined || expected.namespace === namespace) &&
            !present.has(`${expected.namespace}/${expected.name}`),
        );
        if (missing.length > 0) await ingest(missing.map((resource) => ({ ...resource, deleted: true, status: {} })));
        await fenced(foreign.listed(list));
        await reportLeftOut();
      },
    },
    applications: {
      async seen(observed) {
        await fenced(applications.seen(observed));
        await reportLeftOut();
        await pace(observed.length);
      },
      async listed(list) {
        await fenced(applications.listed(list));
        await reportLeftOut();
      },
    },
    namespaces: () => directory.namespaces(clusterId),
    state: report,
    velero: {
      namespace: velero.namespace,
      async seen(observed) {
        await fenced(velero.seen(observed));
        await veleroPace(observed.length);
      },
      listed: (kind, list) => fenced(velero.listed(kind, list)),
      state: (state) => fenced(velero.state(state)),
    },
  };
}

function watching(state: WatchState, leftOut: readonly LeftOut[]): ReportedCondition {
  if (state.kind === 'Interrupted') {
    const { kind, message } = state.failure;
    return watchCondition('Watching', 'False', kind, message, '');
  }
  const limits = (state.limited ?? []).map(({ resource, namespace, reason, message }) => {
    const where = namespace === undefined ? resource : `${resource} in ${namespace}`;
    return `${where} (${reason}): ${message}`;
  });
  const message = ['The service follows changes as they happen.', ...leftOut.map(leftOutText), ...limits].join(' ');
  if (leftOut.length > 0) return watchCondition('Watching', 'True', 'LeftOut', message, '');
  return watchCondition('Watching', 'True', limits.length === 0 ? 'Watching' : 'Limited', message, '');
}
