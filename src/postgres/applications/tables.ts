/** The tables of applications: classes, instances, retention overrides, and the mirror of what clusters state. */
import type {
  ApplicationClassesTable,
  ApplicationInstancesTable,
  ClusterApplicationsTable,
  RetentionOverridesTable,
} from '../../core/applications/ports.ts';
import { ApplicationClass, StoredApplicationInstance } from '../../core/applications/rules/application.ts';
import type { Prisma } from '../generated/client.ts';
import { kindOf, rowsOf } from '../kit/rows.ts';
import { shownRow } from '../kit/shape.ts';
import { clusterApplicationRows } from './cluster-applications.ts';
import { overrideRows } from './overrides.ts';

const applicationClass = kindOf('application class', 'application_class', ApplicationClass, undefined, ['name']);
const applicationInstance = kindOf(
  'application instance',
  'application_instance',
  StoredApplicationInstance,
  'organizationId',
  ['clusterId', 'namespace', 'name'],
);

export function applicationTables(
  client: Prisma.TransactionClient,
): ApplicationClassesTable & ApplicationInstancesTable & RetentionOverridesTable & ClusterApplicationsTable {
  return {
    applicationClasses: {
      ...rowsOf(client, client.applicationClass, applicationClass),
      async named(name) {
        const row = await client.applicationClass.findUnique({ where: { name } });
        return row === null ? undefined : shownRow(ApplicationClass, row);
      },
    },
    overrides: overrideRows(client),
    applicationInstances: rowsOf(client, client.applicationInstance, applicationInstance),
    clusterApplications: clusterApplicationRows(client),
  };
}
