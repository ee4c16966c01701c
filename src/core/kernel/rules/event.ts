/** What happened, append-only: the history of each Operation and the source of every feed. */
import { z } from 'zod';
import { Id, Instant } from './fields.ts';

export const EventType = z
  .enum(['Normal', 'Warning'])
  .meta({ id: 'EventType', description: 'As Kubernetes events: Warning asks for a look.' });
export type EventType = z.infer<typeof EventType>;

export const Event = z
  .object({
    id: Id,
    organizationId: Id,
    operationId: Id.optional(),
    scheduleId: Id.optional(),
    clusterId: Id.optional(),
    applicationInstanceId: Id.optional(),
    type: EventType,
    reason: z.string().describe('A CamelCase word for machines.'),
    message: z.string(),
    at: Instant,
  })
  .meta({ id: 'Event', description: 'Something that happened.' });
export type Event = z.infer<typeof Event>;

/** Only `eventsIn` and `statedReason` make one, so that a reason without a row does not compile. */
export type EventReason = string & { readonly [declared]: true };
declare const declared: unique symbol;

/** An event before it has an id: the store gives one. */
export type NewEvent = Omit<Event, 'id' | 'reason'> & { readonly reason: EventReason };

/** One reason, as the subject that records it declares it. */
export interface EventRow {
  /** Either: it is said at the time. */
  readonly type: EventType | 'Either';
  readonly text: string;
  /** The version of the API that first recorded it. */
  readonly since: string;
}
export type EventRows = Readonly<Record<string, EventRow>>;

type Fields = Omit<NewEvent, 'type' | 'reason'>;
type TypeOf<Row extends EventRow> = Row['type'] extends 'Either'
  ? { readonly type: EventType }
  : { readonly type?: never };

/** Makes events of the reasons that are declared in `rows`. */
export function eventsIn<const Rows extends EventRows>(rows: Rows) {
  return <Reason extends keyof Rows & string>(reason: Reason, fields: Fields & TypeOf<Rows[Reason]>): NewEvent => {
    const declaredType = rows[reason]?.type;
    const type = declaredType === undefined || declaredType === 'Either' ? (fields.type ?? 'Normal') : declaredType;
    return { ...fields, type, reason: statedReason(reason) };
  };
}

/** The reason of an event that says what a cluster states: the type of a condition, or a phase. */
export function statedReason(text: string): EventReason {
  return text as EventReason;
}

export const kernelEvents = {
  Suspended: { type: 'Normal', text: 'A person suspended it: nothing fires until it is resumed.', since: '0.1' },
  Resumed: { type: 'Normal', text: 'A person resumed it.', since: '0.1' },
} as const satisfies EventRows;
