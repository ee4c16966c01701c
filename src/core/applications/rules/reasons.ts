/** The reasons of events about registered applications. */
import { type EventRows, eventsIn } from '../../kernel/rules/event.ts';

export const applicationEvents = {
  ApplicationRetired: {
    type: 'Normal',
    text: 'A person or a program retired the application. Its history and its copies stay.',
    since: '0.1',
  },
  ApplicationMoved: {
    type: 'Normal',
    text: 'A person or a program recorded that the application is in another place now.',
    since: '0.1',
  },
  ApplicationGone: { type: 'Warning', text: 'The cluster does not have the application any more.', since: '0.1' },
  ApplicationReturned: { type: 'Normal', text: 'The application is in the cluster again.', since: '0.1' },
  ApplicationReady: { type: 'Normal', text: 'The application is ready.', since: '0.1' },
  ApplicationNotReady: { type: 'Warning', text: 'The application is not ready.', since: '0.1' },
  CapabilityMissing: {
    type: 'Warning',
    text: 'The application does not allow Operations of one type, so the operator refuses them.',
    since: '0.1',
  },
  CapabilityDeclared: { type: 'Normal', text: 'The application now allows Operations of one type.', since: '0.1' },
} as const satisfies EventRows;

export const applicationEvent = eventsIn(applicationEvents);
