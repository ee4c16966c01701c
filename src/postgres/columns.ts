/** The columns that the bulk statements write, derived from the domain's schemas so that none is forgotten. */
import { Event } from '../domain/event.ts';
import { Fire } from '../domain/fire.ts';
import { Operation } from '../domain/operation.ts';
import { Schedule } from '../domain/schedule.ts';
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
