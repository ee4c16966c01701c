/** Events: appended in bulk, in the transaction of the change, and read a page at a time. */
import type { PoolClient } from 'pg';
import type { EventsTable } from '../../core/kernel/ports.ts';
import { Event, type NewEvent } from '../../core/kernel/rules/event.ts';
import { columnsOf } from './rows/columns.ts';
import { pageOf } from './rows/rows.ts';
import { jsonRows } from './rows/shape.ts';
import { tableOf } from './rows/table.ts';
import { run, type Sql } from './sql.ts';
import { vault } from './vault.ts';

export const eventColumns = columnsOf(Event.shape);

const append = `
  insert into event (${eventColumns})
  select ${eventColumns} from json_populate_recordset(null::event, $1::json)`;

/** Gives each event an id; one value for `json_populate_recordset`. */
export function eventRows(events: readonly NewEvent[]): string {
  return jsonRows(events.map((event) => ({ ...event, id: vault.newId() })));
}

/** Appends in the transaction that `client` has begun. */
export async function appendEvents(client: PoolClient, events: readonly NewEvent[]): Promise<void> {
  if (events.length > 0) await client.query({ name: 'append-events', text: append, values: [eventRows(events)] });
}

export function eventTables(client: Sql): EventsTable {
  const rows = tableOf(client, 'event');
  return {
    events: {
      async append(events) {
        await run(client, append, eventRows(events));
      },
      ofOperation: (operationId, query) => pageOf(rows, Event, { operationId }, query, 'id'),
      ofCluster: (clusterId, query) => {
        const itself = { clusterId, operationId: null, scheduleId: null, applicationInstanceId: null };
        return pageOf(rows, Event, itself, query, 'id');
      },
      ofSchedule: (scheduleId, query) => pageOf(rows, Event, { scheduleId, operationId: null }, query, 'id'),
      ofApplicationInstance: (applicationInstanceId, query) =>
        pageOf(rows, Event, { applicationInstanceId }, query, 'id'),
    },
  };
}
