/** The columns of schedules and of their ledger. */
import { Fire } from '../../core/scheduling/rules/ledger.ts';
import { StoredSchedule } from '../../core/scheduling/rules/schedule.ts';
import { columnsOf } from '../kit/rows/columns.ts';

export const scheduleColumns = columnsOf(StoredSchedule.shape);
export const fireColumns = columnsOf(Fire.shape);
