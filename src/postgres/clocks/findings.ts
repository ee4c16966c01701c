/** Processes that doubt the database's clock, as one finding. By the server's own clock, as with tasks. */
import { isFresh } from './clock-record.ts';

/** Its columns are those of the finding of a late task. */
export const doubtedClocks = `min(doubted_at) as since, 'database' as name, null as role, true as "isRun"
    from clock_reading r where doubt is not null and ${isFresh('r')} having count(*) > 0`;
