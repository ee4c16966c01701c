/** One connector, put together: what it holds of the clusters, its watches, and what it delivers. */

import { taskLog } from './background/driver.ts';
import { deletionFactsOf } from './core/delivery/deletion-facts.ts';
import { deliver } from './core/delivery/deliver.ts';
import type { Clock, Log } from './core/kernel/ports.ts';
import { shareClusters } from './core/observation/share-clusters.ts';
import { watchClusters } from './core/observation/watch.ts';
import type { TidySettings } from './core/tidying/rules/tidy.ts';
import type { ClusterApi } from './kubernetes/cluster-api.ts';
import type { Opened } from './postgres/store.ts';
import type { TaskContext, TaskName } from './tasks.ts';
import type { Metrics } from './telemetry/telemetry.ts';

export interface ConnectorPorts extends Opened {
  readonly tidySettings: TidySettings;
  readonly clock: Clock;
  readonly clusterApi: ClusterApi;
  readonly log: Log;
  readonly chance: () => number;
}

export interface Connector extends Pick<TaskContext, 'shareClusters' | 'watches' | 'held'> {
  /** Begins the metrics of what this process holds and watches. */
  measure(): void;
  /** Ends the watches and frees the clusters at once. */
  close(): Promise<void>;
}

/** Nothing runs yet: the tasks of the role connector share the clusters and begin the watches. */
export function connectorOf(ports: ConnectorPorts, metrics: Metrics): Connector {
  const { leases, log } = ports;
  const connectorId = ports.vault.newId();
  const watches = watchClusters({ ...ports, observations: counted(ports.observations, metrics) }, connectorId);
  const sharingLog = taskLog<TaskName>(log, 'share-clusters');
  return {
    shareClusters: shareClusters({ ...ports, log: sharingLog, tookOver: metrics.tookOver }, connectorId),
    watches,
    held: async () => (await leases.held(connectorId)).map(({ clusterId }) => clusterId),
    measure() {
      metrics.gauge('backups_watches', 'Clusters that are watched by this process.', () => watches.count);
      metrics.gauge('backups_leases_held', 'Clusters that this connector holds.', () => watches.heldCount);
    },
    async close() {
      await watches.close();
      await leases.release(connectorId);
    },
  };
}

function counted(observations: Opened['observations'], metrics: Metrics): Opened['observations'] {
  return {
    ...observations,
    async ingest(...input) {
      const result = await observations.ingest(...input);
      metrics.observed(result.changedCount);
      return result;
    },
  };
}

/** Delivers what is owed to a cluster. */
export function delivery(ports: ConnectorPorts, metrics: Metrics): (clusterId: string) => Promise<void> {
  const deliveries: Opened['deliveries'] = {
    ...ports.deliveries,
    record(answers, decide, now) {
      for (const { answer } of answers) metrics.answered(answer.kind);
      return ports.deliveries.record(answers, decide, now);
    },
  };
  const deletionFacts = deletionFactsOf(ports);
  return async (clusterId) => void (await deliver({ ...ports, deliveries, deletionFacts }, clusterId));
}
