/** Rows of the ledger. A slot that waits has a row that says so; the row of its decision replaces it. */
import { fireColumns } from './columns.ts';

const changing = fireColumns
  .split(', ')
  .filter((column) => column !== 'id' && column !== 'schedule_id' && column !== 'scheduled_for');

/** `parameter` holds the rows as JSON. */
export function upsertFires(parameter: string): string {
  return `
    insert into fire (${fireColumns})
    select ${fireColumns} from json_populate_recordset(null::fire, ${parameter}::json)
    on conflict (schedule_id, scheduled_for) do update set ${changing.map((column) => `${column} = excluded.${column}`).join(', ')}
    where fire.outcome = 'Deferred'`;
}
