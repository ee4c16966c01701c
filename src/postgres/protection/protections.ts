/**
 * Protection in bulk. Facts are read for a page of applications at a time. A change is written, with its events, only
 * over the revision that was read: of two replicas that find the same change, one writes it and the other nothing.
 */

import type { Pool } from 'pg';
import { z } from 'zod';
import { sift } from '../../core/kernel/rules/broken/bad-rows.ts';
import { Id } from '../../core/kernel/rules/fields.ts';
import type { PageQuery } from '../../core/kernel/rules/page.ts';
import { Refusal } from '../../core/kernel/rules/problem.ts';
import type { KnownProtection, Protections } from '../../core/protection/ports.ts';
import { severityOf } from '../../core/protection/rules/protection.ts';
import type { ProtectionChange } from '../../core/protection/rules/protection-changes.ts';
import { blameOf, heldReasonOf } from '../kit/batches/blame.ts';
import { type HeldRows, heldAs, isHeld } from '../kit/batches/held-rows.ts';
import { byParts, inParts, type Taken } from '../kit/batches/parts.ts';
import { eventColumns, eventRows } from '../kit/events.ts';
import { assignmentsOf, columnsOf } from '../kit/rows/columns.ts';
import { jsonRows, type Row } from '../kit/rows/shape.ts';
import { select } from '../kit/sql.ts';
import { factsWhere, knownProtection, Told } from './facts.ts';

const changing = Told.extend({ severity: z.int() });
const columns = columnsOf(changing.extend({ applicationInstanceId: Id, organizationId: Id }).shape);

/** What is held from judging is passed over. */
const judged = `i.id > $2::uuid and not ${isHeld('judge-protection', 'i.id', '$1')}`;
const inOrder = `${factsWhere(judged)} order by i.id limit $3`;
const idsInOrder = `select i.id::text from application_instance i where i.id > $2::uuid and $1::timestamptz is not null order by i.id limit $3`;
const one = factsWhere('i.organization_id = $2 and i.id = $3');
const some = factsWhere('i.id = any($2::uuid[])');

const tell = `
  with told as (
    insert into protection (${columns})
    select ${columns} from json_populate_recordset(null::protection, $1) w
    where exists (select from application_instance i where i.id = w.application_instance_id and i.retired_at is null)
    on conflict (application_instance_id) do update
      set ${assignmentsOf(changing.shape, 'excluded')}
      where protection.revision = excluded.revision - 1
    returning application_instance_id
  ), events as (
    insert into event (${eventColumns})
    select ${eventColumns} from json_populate_recordset(null::event, $2) e
    where e.application_instance_id in (select application_instance_id from told)
  )
  select count(*)::int as count from told`;

const beforeAll = '00000000-0000-0000-0000-000000000000';

/** In the order of the severity that was recorded last, which an index has. It reads one row more than the page. */
function pageStatement(organizationId: string, query: PageQuery): { text: string; values: unknown[] } {
  const { limit, cursor, descending = false, where = {} } = query;
  const [severity, id] = cursor?.split(':') ?? [];
  const order = descending ? 'desc' : 'asc';
  const values: unknown[] = [];
  const given = (value: unknown) => `$${values.push(value)}`;
  const equal = (column: string, value: unknown) => (value === undefined ? [] : [`${column} = ${given(value)}`]);
  const beyond = (a: string, b: string) =>
    `(p.severity, p.application_instance_id) ${descending ? '<' : '>'} (${a}, ${b})`;
  const conditions = [
    `p.organization_id = ${given(organizationId)}`,
    'i.retired_at is null',
    ...(severity === undefined ? [] : [beyond(`${given(severity)}::int`, `${given(id)}::uuid`)]),
    ...equal('p.status', where.status),
    ...equal('i.cluster_id', where.clusterId),
    ...equal('i.application_class_id', where.applicationClassId),
  ];
  const text = `
    select p.application_instance_id as id, p.severity from protection p
    join application_instance i on i.id = p.application_instance_id
    where ${conditions.join(' and ')}
    order by p.severity ${order}, p.application_instance_id ${order} limit ${limit + 1}`;
  return { text, values };
}

export function protectionsOf(pool: Pool, heldRows: HeldRows): Protections {
  const putAside: Protections['putAside'] = async (bad, now) => {
    await heldRows.putAside('judge-protection', bad.map(heldAs('ApplicationInstance')), now);
  };
  const write = async (changes: readonly ProtectionChange[]): Promise<number> => {
    const recorded = changes.map(({ protection: { applicationInstanceId, organizationId }, recorded }) => ({
      applicationInstanceId,
      organizationId,
      severity: severityOf(recorded.status),
      ...recorded,
    }));
    const values = [jsonRows(recorded), eventRows(changes.flatMap(({ events }) => events))];
    const { rows } = await pool.query(tell, values);
    return Number(rows[0]?.count);
  };
  const taken = (rows: readonly Row[]): Taken<string, readonly KnownProtection[]> => {
    const { made, bad } = sift(rows, knownProtection);
    const unreadable = bad.map(({ item, error }) => ({ item: String(item.applicationInstanceId), error }));
    return { result: made, bad: unreadable, count: rows.length };
  };
  const readPage = async (after: string | undefined, limit: number, now: string) => {
    const values = [now, after ?? beforeAll, limit];
    let last: readonly string[] = [];
    const isolated = await byParts({
      async whole() {
        const { rows } = await pool.query({ name: 'read-protection', text: inOrder, values });
        last = rows.map((row) => String(row.applicationInstanceId));
        return taken(rows);
      },
      async rows() {
        last = (await pool.query(idsInOrder, values)).rows.map(({ id }) => String(id));
        return last;
      },
      some: async (ids) => taken((await pool.query(some, [now, ids])).rows),
    });
    return { ...isolated, lastId: last.length < limit ? undefined : last.at(-1) };
  };
  return {
    async read(after, limit, now) {
      const { results, bad, roleFailure, lastId } = await readPage(after, limit, now);
      if (roleFailure !== undefined) throw roleFailure;
      await putAside(bad, now);
      return { known: results.flat(), nextAfter: lastId };
    },
    putAside,
    async record(changes, judgedIds, now) {
      const { results, bad, roleFailure } = await inParts(changes, async (part) => ({
        result: await write(part),
        bad: [],
      }));
      if (roleFailure !== undefined) throw roleFailure;
      const unstored = bad.map(({ item, error }) => ({ item: item.protection.applicationInstanceId, error }));
      await putAside(unstored, now);
      const unstoredIds = new Set(unstored.map(({ item }) => item));
      await heldRows.release(
        'judge-protection',
        judgedIds.filter((id) => !unstoredIds.has(id)),
      );
      return results.reduce((sum, count) => sum + count, 0);
    },
    async find(organizationId, id, now) {
      try {
        const [row] = (await pool.query(one, [now, organizationId, id])).rows;
        return row === undefined ? undefined : knownProtection(row);
      } catch (error) {
        if (blameOf(error) !== 'Row') throw error;
        throw new Refusal(
          'rule-violated',
          `Its protection cannot be judged, because a row that it is judged from is broken. ${heldReasonOf(error).message}`,
        );
      }
    },
    async page(organizationId, query, now) {
      const { limit } = query;
      const { text, values } = pageStatement(organizationId, query);
      const listed = await select(pool, text, values);
      const chosen = listed.slice(0, limit);
      const ids = chosen.map((row) => String(row.id));
      // An application whose facts cannot be read is left out, and is a finding of the watchdog.
      const { results } = await inParts(ids, async (part) => taken((await pool.query(some, [now, part])).rows));
      const known = new Map(results.flat().map((each) => [each.facts.applicationInstanceId, each]));
      const last = listed.length > limit ? chosen.at(-1) : undefined;
      return {
        items: ids.flatMap((each) => known.get(each) ?? []),
        ...(last !== undefined && { nextCursor: `${last.severity}:${last.id}` }),
      };
    },
  };
}
