/** The columns that the bulk statements write, derived from the domain's schemas so that none is forgotten. */
import { Event } from '../../core/kernel/rules/event.ts';
import { Operation } from '../../core/operations/rules/operation.ts';
import { Fire } from '../../core/scheduling/rules/ledger.ts';
import { Schedule } from '../../core/scheduling/rules/schedule.ts';
import { snakeCase } from './shape.ts';

function columnsOf(shape: object, except: readonly string[] = []): string {
  return Object.keys(shape)
    .filter((key) => !except.includes(key))
    .map(snakeCase)
    .join(', ');
}

export const operationColumns = columnsOf(Operation.shape);
export const fireColumns = columnsOf(Fire.shape);
export const scheduleColumns = columnsOf(Schedule.shape);
export const eventColumns = columnsOf(Event.shape);
