/** Requests that stopped everything, or failed as if the service were broken. */
import { created, forecast, previewed, type ReportedKind } from './request.ts';

export const stopped: ReportedKind = {
  title: 'what stopped everything',
  requests: [
    {
      title: 'three digits in a field',
      ...forecast(['000 2 * * *', '24h']),
      status: 422,
      says: /schedules\/0\/schedule/,
    },
    {
      title: 'three digits in every hour',
      ...forecast(['000 * * * *', '24h']),
      status: 422,
      says: /schedules\/0\/schedule/,
    },
    {
      title: 'the year 0',
      path: ({ scheduleId }) => `/v1/schedules/${scheduleId}/fires?from=0000-01-01T00:00:00Z`,
      status: 400,
      says: [/query\/from/, /1970 to 2999/],
    },
    {
      title: 'a start in the year 0',
      ...created('0 2 * * *', { startsAt: '0000-01-01T00:00:00Z' }),
      status: 422,
      says: [/\/startsAt/, /1970 to 2999/],
    },
    {
      title: 'a preview of the end of time',
      ...previewed(undefined, { at: '9999-12-31T23:59:59Z' }),
      status: 422,
      says: [/"\/at"/, /1970 to 2999/],
    },
    {
      title: 'the end of time, spread',
      ...created(undefined, { at: '9999-12-31T23:59:59Z', spreadSeconds: 60 }),
      status: 422,
      says: [/"\/at"/, /1970 to 2999/],
    },
    {
      title: 'a name that is taken',
      method: 'PATCH',
      path: ({ organizationId }) => `/v1/organizations/${organizationId}`,
      body: { name: 'other' },
      status: 409,
      says: [/already-exists/, /"\/name"/, /"existingId"/],
    },
    { title: 'a way out of the folder', path: '/docs/static/..', key: null, status: 404, says: /not-found/ },
    {
      title: 'a way out of the folder, written otherwise',
      path: '/docs/static/%2e%2e%2f%2e%2e',
      key: null,
      status: 404,
      says: /not-found/,
    },
    {
      title: 'the end of the last administrator',
      path: ({ apiKeyId }) => `/v1/api-keys/${apiKeyId}/revoke`,
      body: {},
      status: 409,
      says: /last-administrator/,
    },
  ],
};
