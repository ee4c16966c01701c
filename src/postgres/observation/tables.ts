/**
 * What happens to Operations that others made when an application or a cluster is registered or removed: they get their
 * application, lose it, or are forgotten.
 */

import type { LinkingTable } from '../../core/applications/ports.ts';
import type { ForgettingTable } from '../../core/clusters/ports.ts';
import { run, type Sql } from '../kit/sql.ts';
import { lockMirror } from './mirror-lock.ts';

const link = `
  update operation set application_instance_id = $1::uuid, revision = revision + 1
  where cluster_id = $2::uuid and namespace = $3 and target = $4 and application_instance_id is null`;
const unlink = `
  update operation set application_instance_id = null, revision = revision + 1
  where application_instance_id = $1::uuid and origin = 'cluster'`;
const forget = `delete from operation where cluster_id = $1::uuid and foreign_uid <> '' and application_instance_id is null`;

export function foreignOperationTables(client: Sql): LinkingTable & ForgettingTable {
  return {
    foreignOperations: {
      async link({ id, clusterId, namespace, name }) {
        await run(client, lockMirror, clusterId);
        await run(client, link, id, clusterId, namespace, name);
      },
      async unlink(applicationInstanceId) {
        await run(client, unlink, applicationInstanceId);
      },
      async forget(clusterId) {
        await run(client, lockMirror, clusterId);
        await run(client, forget, clusterId);
      },
    },
  };
}
