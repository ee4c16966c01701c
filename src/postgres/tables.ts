/** The tables as use cases see them, over one transaction or over the database itself. */

import { ApiKey, Organization } from '../core/access/rules/access.ts';
import { ApplicationClass, StoredApplicationInstance } from '../core/applications/rules/application.ts';
import { Cluster } from '../core/clusters/rules/cluster.ts';
import type { Tables } from '../core/kernel/ports.ts';
import { Event } from '../core/kernel/rules/event.ts';
import { Operation } from '../core/operations/rules/operation.ts';
import { StoredProtectionPlan } from '../core/protection-plans/rules/protection-plan.ts';
import { BlackoutWindow } from '../core/scheduling/rules/blackout.ts';
import { Fire } from '../core/scheduling/rules/ledger.ts';
import { Schedule } from '../core/scheduling/rules/schedule.ts';
import { agentTokensOf } from './agents/agent-events.ts';
import { clusterApplicationRows } from './applications/cluster-applications.ts';
import { overrideRows } from './applications/overrides.ts';
import type { Prisma } from './generated/client.ts';
import { refusalOf } from './kit/refusals.ts';
import { type Delegate, type Kind, pageOf, rowsOf } from './kit/rows.ts';
import { keyVersion, type Sealer } from './kit/seal.ts';
import { fromRow, snakeRow, toRow } from './kit/shape.ts';
import { vault } from './kit/vault.ts';
import { appendEventsSql as appendEvents } from './operations/batch.ts';
import { operationRows } from './operations/rows.ts';
import { planRows } from './protection-plans/rows.ts';
import { upsertFires } from './scheduling/ledger.ts';

function kindOf<T>(
  kind: string,
  table: string,
  schema: Kind<T>['schema'] & { shape: object },
  organizationKey: Kind<T>['organizationKey'],
): Kind<T> {
  return { kind, table, schema, columns: Object.keys(schema.shape), organizationKey };
}

const kinds = {
  organizations: kindOf('organization', 'organization', Organization, 'id'),
  apiKeys: kindOf('API key', 'api_key', ApiKey, 'organizationId'),
  applicationClasses: kindOf('application class', 'application_class', ApplicationClass, undefined),
  clusters: kindOf('cluster', 'cluster', Cluster, 'organizationId'),
  applicationInstances: kindOf(
    'application instance',
    'application_instance',
    StoredApplicationInstance,
    'organizationId',
  ),
  schedules: { ...kindOf('schedule', 'schedule', Schedule, 'organizationId'), visible: { deletedAt: null } },
  blackoutWindows: kindOf('blackout window', 'blackout_window', BlackoutWindow, 'organizationId'),
  protectionPlans: kindOf('protection plan', 'protection_plan', StoredProtectionPlan, 'organizationId'),
  operations: kindOf('operation', 'operation', Operation, 'organizationId'),
};

/** Where a cluster's access is sealed to. */
export function accessPlace(organizationId: string, clusterId: string): string {
  return `${organizationId}|${clusterId}|cluster.access`;
}

export function tablesOf(client: Prisma.TransactionClient, sealer: Sealer): Tables {
  const rawApiKeys: Delegate = client.apiKey;
  return {
    organizations: {
      ...rowsOf(client, client.organization, kinds.organizations),
      page: (organizationId, query) =>
        pageOf(client.organization, Organization, organizationId === '' ? {} : { id: organizationId }, query, 'id'),
    },
    apiKeys: {
      ...rowsOf(client, client.apiKey, kinds.apiKeys),
      async insertHashed(key, hash) {
        try {
          await rawApiKeys.create({ data: { ...toRow(kinds.apiKeys.columns, key), hash } });
        } catch (error) {
          throw refusalOf(error, 'API key');
        }
      },
    },
    applicationClasses: rowsOf(client, client.applicationClass, kinds.applicationClasses),
    async applicationClassNamed(name) {
      const row = await client.applicationClass.findUnique({ where: { name } });
      return row === null ? undefined : fromRow(ApplicationClass, row);
    },
    overrides: overrideRows(client),
    clusters: rowsOf(client, client.cluster, kinds.clusters),
    agentTokens: agentTokensOf(client),
    credentials: {
      async put(cluster, access) {
        const sealed = sealer.seal(JSON.stringify(access), accessPlace(cluster.organizationId, cluster.id));
        await client.clusterCredential.upsert({
          where: { clusterId: cluster.id },
          create: { clusterId: cluster.id, sealed, keyVersion },
          update: { sealed, keyVersion, revision: { increment: 1 } },
        });
        await client.cluster.update({ where: { id: cluster.id }, data: { checkDueAt: new Date(0) } });
      },
    },
    applicationInstances: rowsOf(client, client.applicationInstance, kinds.applicationInstances),
    clusterApplications: clusterApplicationRows(client),
    schedules: {
      ...rowsOf(client, client.schedule, kinds.schedules),
      async existed(organizationId, id) {
        return (await client.schedule.count({ where: { id, organizationId } })) > 0;
      },
      async made(id, now) {
        const copies = await client.operation.aggregate({
          where: { scheduleId: id, type: 'Backup', phase: 'Succeeded', expiresAt: { gt: now } },
          _count: true,
          _max: { expiresAt: true },
        });
        const inFlightCount = await client.operation.count({
          where: { scheduleId: id, phase: { in: ['Pending', 'Running'] } },
        });
        const last = copies._max.expiresAt;
        return {
          copyCount: copies._count,
          ...(last !== null && { lastCopyExpiresAt: last.toISOString() }),
          inFlightCount,
        };
      },
      // The row stays for its ledger and its Operations, and fires no more.
      async remove(organizationId, id) {
        await client.schedule.updateMany({
          where: { id, organizationId, deletedAt: null },
          data: { deletedAt: new Date(), nextFireAt: null, nextSlotAt: null },
        });
      },
    },
    operations: { ...rowsOf(client, client.operation, kinds.operations), ...operationRows(client) },
    fires: {
      async page(scheduleId, { from, to, ...query }) {
        const bounded = {
          ...(to !== undefined && { scheduledFor: { lte: to } }),
          ...(from !== undefined && { OR: [{ scheduledFor: { gte: from } }, { lastScheduledFor: { gte: from } }] }),
        };
        return pageOf(client.fire, Fire, { AND: [{ scheduleId }, bounded] }, query, 'scheduledFor');
      },
      async append(fires) {
        await client.$executeRawUnsafe(upsertFires('$1'), JSON.stringify(fires.map(snakeRow)));
      },
      async replace(id, fires) {
        await client.fire.delete({ where: { id } });
        await client.$executeRawUnsafe(upsertFires('$1'), JSON.stringify(fires.map(snakeRow)));
      },
    },
    blackoutWindows: rowsOf(client, client.blackoutWindow, kinds.blackoutWindows),
    protectionPlans: planRows(client, rowsOf(client, client.protectionPlan, kinds.protectionPlans)),
    events: {
      async append(events) {
        const rows = events.map((event) => snakeRow({ ...event, id: vault.newId() }));
        await client.$executeRawUnsafe(appendEvents, JSON.stringify(rows));
      },
      ofOperation: (operationId, query) => pageOf(client.event, Event, { operationId }, query, 'id'),
      ofCluster: (clusterId, query) => {
        const itself = { clusterId, operationId: null, scheduleId: null, applicationInstanceId: null };
        return pageOf(client.event, Event, itself, query, 'id');
      },
      ofApplicationInstance: (applicationInstanceId, query) =>
        pageOf(client.event, Event, { applicationInstanceId }, query, 'id'),
    },
  };
}
