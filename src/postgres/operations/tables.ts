/** The table of Operations, each with what is owed to its cluster. */

import { z } from 'zod';
import { Instant } from '../../core/kernel/rules/fields.ts';
import { Refusal } from '../../core/kernel/rules/problem.ts';
import type { LockedOperation, OperationsTable } from '../../core/operations/ports.ts';
import { StoredOperation } from '../../core/operations/rules/operation.ts';
import { VelerosBackup } from '../../core/operations/rules/restores/named-backup.ts';
import { namingHolder } from '../kit/name-holder.ts';
import { selectOf } from '../kit/rows/columns.ts';
import { kindOf, rowsOf } from '../kit/rows/rows.ts';
import { fromRow, shownRow, toRow } from '../kit/rows/shape.ts';
import { tableOf } from '../kit/rows/table.ts';
import { type Sql, select } from '../kit/sql.ts';
import { hasAllBackups, isFollowed } from '../velero/followed.ts';
import { isOpen } from './open.ts';
import { OwedFields, owedAction, owedColumns } from './owed.ts';

const kind = kindOf('operation', 'operation', StoredOperation, 'organizationId', ['clusterId', 'name']);

export function operationTables(client: Sql): OperationsTable {
  return { operations: { ...rowsOf(client, kind), ...owedRows(client) } };
}

type OwedRows = Omit<OperationsTable['operations'], keyof ReturnType<typeof rowsOf>>;

const maxNamed = 20;
const Named = StoredOperation.pick({
  name: true,
  phase: true,
  uid: true,
  clusterId: true,
  expiresAt: true,
  resourceGoneAt: true,
  contradiction: true,
  createdAt: true,
  finishedAt: true,
});
const NamedRow = Named.extend({ unanswered: z.int(), clusterName: z.string(), copiesFrom: Instant.optional() });
const named = `
  select ${selectOf(Named.shape, 'o')}, o.unanswered, c.name as "clusterName", c.copies_from as "copiesFrom"
  from cluster c join operation o on o.cluster_id = c.id and o.name = $2
  where c.organization_id = $1::uuid and o.organization_id = $1::uuid and o.type = 'Backup' order by o.id desc limit ${maxNamed}`;
const velerosBackup = `
  select case
    when exists (select from velero_resource v where v.cluster_id = $1::uuid and v.kind = 'Backup' and v.name = $2 and v.gone_at is null) then 'There'
    when ${isFollowed('$1::uuid')} and ${hasAllBackups('$1::uuid')} then 'Missing' else 'Unknown' end as "velerosBackup"`;
const lockOwed = `
  select o.*, o.lease_id is not null and o.next_attempt_at > $3::timestamptz as leased
  from operation o where id = $1::uuid and organization_id = $2::uuid for update`;
const openOf = `
  select o.name from operation o
  where o.application_instance_id = $1::uuid and o.type = $2 and ${isOpen('o')} order by o.id limit 1`;

function owedRows(client: Sql): OwedRows {
  const table = tableOf(client, 'operation');
  return {
    async insertOwed(operation, owed) {
      const row = {
        ...toRow(kind.fields, operation),
        ...owedColumns(owed),
        nextAttemptAt: operation.createdAt,
      };
      const positioned = await namingHolder(table, { ...kind, visible: { foreignUid: '' } }, operation, () =>
        table.insert(row, 'recordPosition'),
      );
      return String(positioned.recordPosition);
    },
    async recordPosition(organizationId, id) {
      const row = await table.find({ id, organizationId });
      const position = String(row?.recordPosition ?? 0n);
      return position === '0' ? undefined : position;
    },
    async lockOwed(organizationId, id, now): Promise<LockedOperation | undefined> {
      const [found] = await select(client, lockOwed, [id, organizationId, now]);
      if (found === undefined) return undefined;
      const { leased, ...row } = found;
      return {
        operation: shownRow(StoredOperation, row),
        owed: owedAction(shownRow(OwedFields, row)),
        unanswered: Number(row.unanswered),
        leased: leased === true,
      };
    },
    async updateOwed(operation, owed) {
      const next = { ...operation, revision: operation.revision + 1 };
      const count = await table.update(
        {
          ...toRow(kind.fields, next),
          ...{ owed: null, deletionReason: null, ...owedColumns(owed) },
          nextAttemptAt: owed === undefined ? null : new Date(0).toISOString(),
          leaseId: null,
        },
        { id: operation.id, revision: operation.revision },
      );
      if (count === 0) throw new Refusal('stale-revision', 'The operation has changed meanwhile; read it again.');
      return next;
    },
    async backupsNamed(organizationId, name) {
      const rows = await select(client, named, [organizationId, name]);
      return rows.map((row) => {
        const { unanswered, clusterName, copiesFrom, ...operation } = fromRow(NamedRow, row);
        return { operation, unanswered, clusterName, copiesFrom };
      });
    },
    async velerosBackup(clusterId, name) {
      const [row] = await select(client, velerosBackup, [clusterId, name]);
      return VelerosBackup.parse(row?.velerosBackup);
    },
    async openOf(applicationInstanceId, type) {
      const [row] = await select(client, openOf, [applicationInstanceId, type]);
      return row === undefined ? undefined : String(row.name);
    },
  };
}
