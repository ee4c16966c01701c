/** The reasons of the events that protection records. A change of status is an event with the status as its reason. */
import { type EventRows, eventsIn } from '../../kernel/rules/event.ts';

export const protectionEvents = {
  Protected: {
    type: 'Normal',
    text: 'The last good copy of the application is within its target again.',
    since: '0.1',
  },
  AtRisk: { type: 'Either', text: 'A problem may lead to a breach; the message names it.', since: '0.1' },
  Breached: {
    type: 'Warning',
    text: 'The last good copy is older than its target, or there is none in time.',
    since: '0.1',
  },
  Unprotected: {
    type: 'Warning',
    text: 'There is no copy that can be restored, and no schedule that fires.',
    since: '0.1',
  },
  RecoveryPointExpiring: {
    type: 'Warning',
    text: 'The last good copy expires soon, and there is no newer one.',
    since: '0.1',
  },
} as const satisfies EventRows;

export const protectionEvent = eventsIn(protectionEvents);
