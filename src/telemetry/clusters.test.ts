/** What the metrics of clusters say, where it is more than nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MeasuredCluster } from '../core/clusters/ports.ts';
import { makeMetrics } from './telemetry.ts';

const now = '2026-05-28T10:00:00.000Z';
const condition = (type: string, status: 'True' | 'False' | 'Unknown') => ({
  ...{ type, status, reason: 'R', message: '' },
  lastTransitionTime: now,
});
const busy: MeasuredCluster = {
  id: 'c-1',
  name: 'east',
  conditions: [condition('Reachable', 'True'), condition('Watching', 'False'), condition('Unheard', 'True')],
  lastContactAt: '2026-05-28T09:59:18.000Z',
  pendingCount: 7,
  oldestPendingAt: '2026-05-28T09:58:30.000Z',
};
const late: MeasuredCluster = {
  id: 'c-2',
  name: 'west',
  conditions: [condition('Reachable', 'Unknown')],
  pendingCount: 2,
  oldestPendingAt: '2026-05-28T09:50:00.000Z',
};
const idle: MeasuredCluster = { id: 'c-3', name: 'north', conditions: [], lastContactAt: now, pendingCount: 0 };

async function linesOf(...clusters: readonly MeasuredCluster[]): Promise<readonly string[]> {
  const metrics = makeMetrics();
  metrics.clusters(
    async () => clusters,
    async () => now,
  );
  return (await metrics.text()).text.split('\n').filter((line) => /^backups_(cluster|delivery)_/.test(line));
}

test('each cluster is told with its conditions, its last contact and what it is owed', async () => {
  assert.deepEqual((await linesOf(busy, late, idle)).toSorted(), [
    'backups_cluster_condition{cluster="c-1",name="east",condition="Reachable"} 1',
    'backups_cluster_condition{cluster="c-1",name="east",condition="Watching"} 0',
    'backups_cluster_condition{cluster="c-2",name="west",condition="Reachable"} -1',
    'backups_cluster_last_contact_seconds{cluster="c-1",name="east"} 42',
    'backups_cluster_last_contact_seconds{cluster="c-3",name="north"} 0',
    'backups_cluster_pending_deliveries{cluster="c-1",name="east"} 7',
    'backups_cluster_pending_deliveries{cluster="c-2",name="west"} 2',
    'backups_cluster_pending_deliveries{cluster="c-3",name="north"} 0',
    'backups_delivery_lag_seconds 600',
  ]);
});

test('the delivery lag is that of what has waited longest, whichever cluster comes first, and 0 without any', async () => {
  const lag = async (...clusters: readonly MeasuredCluster[]) =>
    (await linesOf(...clusters)).find((line) => line.startsWith('backups_delivery_lag_seconds'));
  assert.equal(await lag(late, busy), 'backups_delivery_lag_seconds 600');
  assert.equal(await lag(busy), 'backups_delivery_lag_seconds 90');
  assert.equal(await lag(idle), 'backups_delivery_lag_seconds 0');
});

test('counters and gauges have the values that were given', async () => {
  const metrics = makeMetrics();
  metrics.fired(3, [0.2, 7]);
  metrics.observed(4);
  metrics.tookOver(5);
  metrics.answered('Applied');
  metrics.answered('Applied');
  metrics.requested({ method: 'POST', route: '/v1/operations' }, 201, 0.2);
  metrics.requested({ method: 'GET', route: '/v1/operations' }, 200, 0.1);
  metrics.skew(-1500);
  metrics.schedulesFailing(9);
  metrics.found([{ kind: 'ScheduleOverdue', count: 6 }]);
  metrics.gauge('backups_given', 'Given.', async () => 8);
  metrics.gauge('backups_unknown', 'Fails.', () => Promise.reject(new Error('away')));
  const lines = (await metrics.text()).text.split('\n');
  for (const line of [
    'backups_fires_total 3',
    'backups_fire_lag_seconds_count 2',
    'backups_fire_lag_seconds_sum 7.2',
    'backups_observations_total 4',
    'backups_lease_takeovers_total 5',
    'backups_deliveries_total{answer="Applied"} 2',
    'backups_http_request_seconds_sum{method="POST",route="/v1/operations",status="201"} 0.2',
    'backups_http_request_seconds_count{method="GET",route="/v1/operations",status="200"} 1',
    'backups_clock_skew_seconds -1.5',
    'backups_schedules_failing 9',
    'backups_watchdog_findings{kind="ScheduleOverdue"} 6',
    'backups_given 8',
    'backups_unknown 0',
  ])
    assert.ok(lines.includes(line), line);
});
