/** The database's clock, which rules go by, so that all replicas agree on the time. */
import type { Pool } from 'pg';
import type { Clock } from '../../core/kernel/ports.ts';
import { select } from './sql.ts';

export function clockOf(pool: Pool): Clock {
  return {
    async now() {
      const [row] = await select(pool, 'select clock_timestamp() as now', []);
      if (!(row?.now instanceof Date)) throw new Error('The database did not answer with a time.');
      return row.now.toISOString();
    },
  };
}
