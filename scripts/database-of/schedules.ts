/** The schedules of the story, of every kind. Each has a name that says what becomes of it. */
import { accepted, idOf, make, type Stage } from './stage.ts';

const hourly = '0 * * * *';
const halfHourly = '*/30 * * * *';

/** By name: the application, and the recurrence. */
const schedules: Readonly<Record<string, readonly [application: string, given: object]>> = {
  nightly: [
    'nextcloud',
    {
      schedule: '30 2 * * *',
      timeZone: 'Europe/Berlin',
      ttl: '720h',
      template: { parameters: { storageLocation: 'aws-primary' } },
    },
  ],
  'half-hourly': [
    'wiki',
    {
      schedule: halfHourly,
      timeZone: 'Europe/Berlin',
      concurrencyPolicy: 'Allow',
      missedFires: 'All',
      startingDeadlineSeconds: 7_200,
      cadence: 'hourly',
    },
  ],
  spread: ['files', { schedule: hourly, spreadSeconds: 1_500 }],
  'once-past': ['mail', { at: '2026-10-24T09:00:00Z' }],
  'once-soon': ['mail', { at: '2026-10-25T01:20:00Z', ttl: '8760h' }],
  'once-far': ['mail', { at: '2027-01-01T00:00:00+01:00' }],
  suspended: ['mail', { schedule: '0 4 * * *', suspend: true }],
  resuming: ['chat', { schedule: hourly }],
  resumed: ['chat', { schedule: '15 * * * *' }],
  failing: ['crash', { schedule: '0 5 * * *', failurePolicy: { action: 'Suspend', after: 2 } }],
  alerting: ['crash', { schedule: '0 6 * * *', failurePolicy: { action: 'Alert', after: 1 } }],
  removed: ['forum', { schedule: hourly }],
  ended: ['forum', { schedule: '5 * * * *', startsAt: '2026-10-24T08:30:00Z', endsAt: '2026-10-24T09:05:00Z' }],
  none: ['files', { schedule: '10 * * * *', missedFires: 'None' }],
  deadline: ['blog', { schedule: '10 * * * *', startingDeadlineSeconds: 60 }],
  dark: ['blog', { schedule: '40 * * * *' }],
  dimmed: ['found', { schedule: '50 * * * *' }],
  yearly: ['found', { schedule: '0 3 1 1 *', displayName: 'Every year' }],
  monthly: ['found', { schedule: '0 3 28 * *', timeZone: 'Pacific/Auckland' }],
  replacing: ['orders-db', { schedule: hourly, concurrencyPolicy: 'Replace', endsAt: '2026-10-24T20:30:00Z' }],
  waiting: ['ledger-db', { schedule: halfHourly, startsAt: '2026-10-25T00:30:00Z' }],
  unreachable: ['lost-db', { schedule: hourly }],
};

export async function makeSchedules(stage: Stage): Promise<void> {
  const { admin, acme } = stage;
  for (const [name, [application, given]] of Object.entries(schedules)) {
    await make(stage, admin, '/v1/schedules', {
      ...{ name, applicationInstanceId: idOf(stage, application) },
      ...given,
    });
  }
  const crm = { applicationInstanceId: idOf(stage, 'crm'), schedule: '15,45 * * * *', timeZone: 'America/New_York' };
  await make(stage, acme(), '/v1/schedules', { name: 'crm-often', ...crm });
  await act(stage, 'suspended', 'suspend', { reason: 'the application moves' });
  await act(stage, 'resuming', 'suspend', { resumeAt: '2026-10-25T01:15:00Z', reason: 'until the move is over' });
  await act(stage, 'resumed', 'suspend', {});
  const window = (name: string, schedule: string, more: object) =>
    make(stage, admin, '/v1/blackout-windows', { name, scheduleId: idOf(stage, schedule), ...more } as {
      name: string;
    });
  await window('day of the blog', 'dark', { from: '08:00', to: '23:00', behavior: 'Skip' });
  await window('evening', 'dimmed', { timeZone: 'Etc/UTC', from: '20:00', to: '21:00', behavior: 'Defer' });
}

export function act(stage: Stage, schedule: string, verb: string, body: object) {
  return accepted(stage.admin.post(`/v1/schedules/${idOf(stage, schedule)}/${verb}`, body));
}
