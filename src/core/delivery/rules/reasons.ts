/** The reasons of the events that deliveries record. */
import { clip } from '../../kernel/rules/condition.ts';
import { type EventRows, eventsIn, type NewEvent } from '../../kernel/rules/event.ts';
import type { Operation } from '../../operations/rules/operation.ts';
import { about } from '../../operations/rules/reasons.ts';

export const deliveryEvents = {
  Delivered: { type: 'Normal', text: 'The cluster has accepted the resource.', since: '0.1' },
  DeliveryRetried: { type: 'Warning', text: 'The delivery did not succeed and is tried again.', since: '0.1' },
  DeliveryRefused: {
    type: 'Warning',
    text: 'The cluster refused the resource; the delivery is not tried again.',
    since: '0.1',
  },
  HeldBack: {
    type: 'Normal',
    text: 'The Operation is not sent yet. The message says what it waits for, and its condition Held since when.',
    since: '0.1',
  },
  DeletionAccepted: { type: 'Normal', text: 'The cluster is deleting the resource, as requested.', since: '0.1' },
} as const satisfies EventRows;

const made = eventsIn(deliveryEvents);

export function deliveryEvent(
  operation: Operation,
  reason: keyof typeof deliveryEvents,
  message: string,
  at: string,
): NewEvent {
  return made(reason, { ...about(operation), message: clip(message), at });
}
