/**
 * Writes a report on a cluster in the caller's transaction: conditions, discovery, last contact, and the events that
 * follow. The reasons that were recorded last stand on the row. It is locked, so each event is recorded by one replica.
 */

import type { PoolClient } from 'pg';
import { z } from 'zod';
import type { CheckResult, ClusterReport } from '../../core/clusters/ports.ts';
import { Cluster } from '../../core/clusters/rules/cluster.ts';
import { eventsOfConditions, needsCheck, type RecordedReasons } from '../../core/clusters/rules/condition-events.ts';
import { isOutdated, refreshed } from '../../core/clusters/rules/discovery.ts';
import { type Identity, identityAfter, identityCondition } from '../../core/clusters/rules/identity/identity.ts';
import { clusterEvent } from '../../core/clusters/rules/reasons.ts';
import { throttledAfter } from '../../core/clusters/rules/throttling.ts';
import { type Condition, clip, withCondition } from '../../core/kernel/rules/condition.ts';
import { Instant } from '../../core/kernel/rules/fields.ts';
import { sameJson } from '../../core/kernel/rules/json/same-json.ts';
import { appendEvents } from '../kit/events.ts';
import { camelRow, shownRow } from '../kit/rows/shape.ts';
import { aroundIdentity } from './identity.ts';

/** The time of the last contact is for people, so it need not be written each time. */
const contactEveryMs = 30_000;
const ReportedCluster = Cluster.extend({
  toldConditions: z.record(z.string(), z.string()),
  tellAt: Instant.optional(),
});

const write = `
  update cluster
  set conditions = $2, discovery = coalesce($3, discovery), last_contact_at = $4, told_conditions = $5, tell_at = $6,
      check_due_at = coalesce($7, check_due_at), throttled_until = $8,
      kube_system_uid = $9, copies_from = $10
  where id = $1`;

/**
 * Returns the conditions that changed status, as `Type=Status`. A look that a later one has overtaken changes nothing.
 */
export async function reportCluster(
  client: PoolClient,
  clusterId: string,
  report: ClusterReport & Partial<Pick<CheckResult, 'withdrawn' | 'checkDueAt'>>,
): Promise<readonly string[]> {
  const { rows } = await client.query('select * from cluster where id = $1 for update', [clusterId]);
  if (rows[0] === undefined) return [];
  const { toldConditions: told, tellAt, ...known } = shownRow(ReportedCluster, camelRow(rows[0]));
  const { now, contact, withdrawn = [] } = report;
  if (report.discovery !== undefined && isOutdated(report.discovery, known.discovery, now)) return [];
  const identity = identityAfter(known, report.discovery?.identity?.uid, now) ?? known;
  if (identity !== known)
    await client.query('update cluster set kube_system_uid = $2 where id = $1', [clusterId, identity.kubeSystemUid]);
  const conditions = conditionsAfter(
    known.conditions,
    await withIdentity(client, clusterId, report, identity),
    withdrawn,
  );
  const changed = conditions.filter(
    ({ type, status }) => known.conditions.find((before) => before.type === type)?.status !== status,
  );
  const outcome = eventsOfConditions(conditions, without(told, withdrawn), now);
  const discovery = report.discovery === undefined ? undefined : refreshed(known.discovery, report.discovery);
  const sinceMs = Date.parse(now) - Date.parse(known.lastContactAt ?? new Date(0).toISOString());
  const lastContactAt = contact && sinceMs > contactEveryMs ? now : known.lastContactAt;
  const throttledUntil = throttledAfter(known.throttledUntil, report.room);
  const unchanged =
    conditions === known.conditions &&
    discovery === undefined &&
    lastContactAt === known.lastContactAt &&
    throttledUntil === known.throttledUntil &&
    sameJson(outcome.recorded, told) &&
    outcome.nextAt === tellAt;
  if (unchanged) return [];
  await client.query({
    name: 'report-cluster',
    text: write,
    values: [
      clusterId,
      JSON.stringify(conditions),
      discovery === undefined ? null : JSON.stringify(discovery),
      lastContactAt ?? null,
      JSON.stringify(outcome.recorded),
      outcome.nextAt ?? null,
      report.checkDueAt ?? (needsCheck(known.conditions, conditions) ? now : null),
      throttledUntil ?? null,
      identity.kubeSystemUid ?? null,
      identity.copiesFrom ?? null,
    ],
  });
  const { organizationId } = known;
  await appendEvents(
    client,
    outcome.events.map((event) => clusterEvent(event, { organizationId, clusterId, at: now })),
  );
  return changed.map(({ type, status }) => `${type}=${status}`);
}

/** A check also says which cluster it is, compared with the others of the organization. */
async function withIdentity(
  client: PoolClient,
  clusterId: string,
  report: ClusterReport,
  identity: Identity,
): Promise<ClusterReport> {
  if (report.discovery === undefined) return report;
  const around = await aroundIdentity(client, clusterId, identity, report.now);
  const condition = identityCondition(identity, around);
  return condition === undefined ? report : { ...report, conditions: [...report.conditions, condition] };
}

function conditionsAfter(
  known: readonly Condition[],
  { conditions, now }: ClusterReport,
  withdrawn: readonly string[],
): readonly Condition[] {
  let next = known.some(({ type }) => withdrawn.includes(type))
    ? known.filter(({ type }) => !withdrawn.includes(type))
    : known;
  for (const condition of conditions)
    next = withCondition(next, { ...condition, message: clip(condition.message), lastTransitionTime: now });
  return next;
}

/** A condition that did not apply for a while is recorded again when it does. */
function without(told: RecordedReasons, withdrawn: readonly string[]): RecordedReasons {
  return Object.fromEntries(Object.entries(told).filter(([type]) => !withdrawn.includes(type)));
}
