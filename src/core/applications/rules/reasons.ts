/** The reasons of events about registered applications. */
import { type EventRows, eventsIn } from '../../kernel/rules/event.ts';

export const applicationEvents = {
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
