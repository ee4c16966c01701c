/** Rows of the ledger. A slot that waits has a row that says so; the row of its decision replaces it. */
import { Fire } from '../../core/scheduling/rules/ledger.ts';
import { assignmentsOf } from '../kit/rows/columns.ts';
import { fireColumns } from './columns.ts';

const changing = Fire.omit({ id: true, scheduleId: true, scheduledFor: true });

/** `parameter` holds the rows as JSON. */
export function upsertFires(parameter: string): string {
  return `
    insert into fire (${fireColumns})
    select ${fireColumns} from json_populate_recordset(null::fire, ${parameter}::json)
    on conflict (schedule_id, scheduled_for) do update set ${assignmentsOf(changing.shape, 'excluded')}
    where fire.outcome = 'Deferred'`;
}
