/**
 * Events: the history of Operations, schedules, clusters and application instances. The store appends an event in the
 * transaction of the change that it records. Nothing changes an event later.
 */
import { z } from 'zod';
import { Id, Instant } from './fields.ts';

export const EventType = z.enum(['Normal', 'Warning']).meta({
  id: 'EventType',
  description: 'As in Kubernetes events. Normal: for information. Warning: somebody should look at it.',
});
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
    reason: z.string().describe('A CamelCase word for programs.'),
    message: z.string().describe('A sentence for people.'),
    at: Instant,
  })
  .meta({
    id: 'Event',
    description: 'An event in the history of an Operation, schedule, cluster or application instance.',
  });
export type Event = z.infer<typeof Event>;

/** Only `eventsIn` and `statedReason` make one, so that a reason without a text in the document does not compile. */
export type EventReason = string & { readonly [declared]: true };
declare const declared: unique symbol;

/** An event without its id, which the store gives. */
export type NewEvent = Omit<Event, 'id' | 'reason'> & { readonly reason: EventReason };

/** One reason, as the subject that records it declares it. */
export interface EventRow {
  /** Either: the subject says for each event. */
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

/** The reason of an event about a statement of a cluster: the type of a condition, or a phase. */
export function statedReason(text: string): EventReason {
  return text as EventReason;
}

export const kernelEvents = {
  Suspended: {
    type: 'Normal',
    text: 'A person suspended the schedule or cluster: nothing fires until it is resumed.',
    since: '0.1',
  },
  Resumed: {
    type: 'Normal',
    text: 'A person resumed the schedule or cluster, or the time came at which the schedule resumes by itself.',
    since: '0.1',
  },
} as const satisfies EventRows;
