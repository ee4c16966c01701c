/** Reports that the stored access to a cluster cannot be opened, by whoever comes upon it. */
import type { Clock, Log } from '../kernel/ports.ts';
import type { ClusterDirectory } from './ports.ts';
import { type AccessUnreadable, accessUnreadableConditions } from './rules/access-unreadable.ts';
import type { Fence } from './rules/fence.ts';

export async function reportUnreadable(
  { directory, clock, log }: { directory: Pick<ClusterDirectory, 'report'>; clock: Clock; log?: Log | undefined },
  error: AccessUnreadable,
  fence?: Fence,
): Promise<void> {
  const { id: clusterId } = error.cluster;
  const report = { conditions: accessUnreadableConditions(), contact: false, now: await clock.now() };
  const changed = await directory.report(clusterId, report, fence);
  if (changed.length > 0) log?.error({ clusterId, err: error }, 'the access to a cluster cannot be opened');
}
