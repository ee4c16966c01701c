/**
 * Recovery points are read from the Operations that made them. A partial index has the Backups that succeeded, by our
 * record or by what the cluster stated later. It holds their expiry, so copies that have expired cost no look at a row.
 */

import type { Pool } from 'pg';
import type { PageQuery } from '../../core/kernel/rules/page.ts';
import { Operation } from '../../core/operations/rules/operation.ts';
import type { RecoveryPoints } from '../../core/protection/ports.ts';
import { type RecoveryPoint, recoveryPointOf } from '../../core/protection/rules/recovery-point.ts';
import { shownRow, snakeCase } from '../kit/rows/shape.ts';
import { select } from '../kit/sql.ts';
import { operationColumns } from '../operations/columns.ts';
import { copyFinishedAt, hasCopy, isEmptyCopy, isThere } from '../operations/copies.ts';
import { velerosWordsOf } from '../velero/velero-words.ts';
import { isStillThere } from '../velero/words.ts';

/** The fields that narrow a page, each with the type of its column. */
const filters = { applicationInstanceId: 'uuid', clusterId: 'uuid', scheduleId: 'uuid', namespace: 'text' } as const;

export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** The statement for a page and one row more. A test asks PostgreSQL for its plan. */
export function recoveryPointPage(organizationId: string, query: PageQuery, now: string): Statement {
  const { limit, cursor, descending = false, where = {} } = query;
  const values: unknown[] = [];
  const given = (value: unknown) => `$${values.push(value)}`;
  const instant = (at: string) => `to_timestamp(${given(Date.parse(at) / 1000)}::double precision)`;
  const at = typeof where.at === 'string' ? where.at : undefined;
  const conditions = [
    hasCopy(),
    `not ${isEmptyCopy()}`,
    isThere(),
    `organization_id = ${given(organizationId)}::uuid`,
    `expires_at > ${instant(at ?? now)}`,
    isStillThere('operation', instant(at ?? now), where.includeGone === true),
    ...(at === undefined ? [] : [`${copyFinishedAt()} <= ${instant(at)}`]),
    ...(cursor === undefined ? [] : [`id ${descending ? '<' : '>'} ${given(cursor)}::uuid`]),
    ...Object.entries(filters).flatMap(([name, type]) =>
      where[name] === undefined ? [] : [`${snakeCase(name)} = ${given(where[name])}::${type}`],
    ),
  ];
  const text = `select ${operationColumns} from operation where ${conditions.join(' and ')} order by id ${descending ? 'desc' : 'asc'} limit ${limit + 1}`;
  return { text, values };
}

const one = `
  select ${operationColumns} from operation
  where id = $2 and organization_id = $1 and ${hasCopy()} and not ${isEmptyCopy()} and ${isThere()} and expires_at > $3 and ${isStillThere('operation', '$3', true)}`;

export function recoveryPointsOf(pool: Pool): RecoveryPoints {
  const read = async ({ text, values }: Statement): Promise<readonly RecoveryPoint[]> => {
    const operations = (await select(pool, text, values)).map((row) => shownRow(Operation, row));
    const words = await velerosWordsOf(pool).of(operations.map(({ id }) => id));
    return operations.flatMap((operation) => recoveryPointOf(operation, words.get(operation.id)) ?? []);
  };
  return {
    async find(organizationId, operationId, now) {
      const [found] = await read({ text: one, values: [organizationId, operationId, now] });
      return found;
    },
    async page(organizationId, query, now) {
      const found = await read(recoveryPointPage(organizationId, query, now));
      const items = found.slice(0, query.limit);
      const last = found.length > query.limit ? items.at(-1) : undefined;
      return { items, ...(last !== undefined && { nextCursor: last.operationId }) };
    },
  };
}
