/** The table of Operations, each with what is owed to its cluster. */

import { Refusal } from '../../core/kernel/rules/problem.ts';
import type { LockedOperation, OperationsTable } from '../../core/operations/ports.ts';
import { DeliveryAction, StoredOperation } from '../../core/operations/rules/operation.ts';
import type { Prisma } from '../generated/client.ts';
import { namingHolder } from '../kit/name-holder.ts';
import { kindOf, rowsOf } from '../kit/rows/rows.ts';
import { shownRow, toRow } from '../kit/rows/shape.ts';

const kind = kindOf('operation', 'operation', StoredOperation, 'organizationId', ['clusterId', 'name']);

export function operationTables(client: Prisma.TransactionClient): OperationsTable {
  return { operations: { ...rowsOf(client, client.operation, kind), ...owedRows(client) } };
}

type OwedRows = Omit<OperationsTable['operations'], keyof ReturnType<typeof rowsOf>>;

function owedRows(client: Prisma.TransactionClient): OwedRows {
  const table: {
    create(query: { data: object }): PromiseLike<{ recordPosition: bigint }>;
    updateMany(query: { where: object; data: object }): PromiseLike<{ count: number }>;
  } = client.operation;
  return {
    async insertOwed(operation, owed) {
      const { recordPosition } = await namingHolder(
        client.operation,
        { ...kind, visible: { foreignUid: '' } },
        operation,
        async () => table.create({ data: { ...toRow(kind, operation), owed, nextAttemptAt: operation.createdAt } }),
      );
      return String(recordPosition);
    },
    async recordPosition(organizationId, id) {
      const row = await client.operation.findFirst({ where: { id, organizationId }, select: { recordPosition: true } });
      return row === null || row.recordPosition === 0n ? undefined : String(row.recordPosition);
    },
    async lockOwed(organizationId, id, now): Promise<LockedOperation | undefined> {
      const [leased] = await client.$queryRawUnsafe<{ leased: boolean }[]>(
        `select lease_id is not null and next_attempt_at > $3::timestamptz as leased from operation where id = $1::uuid and organization_id = $2::uuid for update`,
        id,
        organizationId,
        now,
      );
      if (leased === undefined) return undefined;
      const row = await client.operation.findUniqueOrThrow({ where: { id } });
      return {
        operation: shownRow(StoredOperation, row),
        owed: DeliveryAction.nullable().parse(row.owed) ?? undefined,
        unanswered: row.unanswered,
        leased: leased.leased,
      };
    },
    async updateOwed(operation, owed) {
      const next = { ...operation, revision: operation.revision + 1 };
      const { count } = await table.updateMany({
        where: { id: operation.id, revision: operation.revision },
        data: {
          ...toRow(kind, next),
          owed: owed ?? null,
          nextAttemptAt: owed === undefined ? null : new Date(0),
          leaseId: null,
        },
      });
      if (count === 0) throw new Refusal('stale-revision', 'The operation has changed meanwhile; read it again.');
      return next;
    },
  };
}
