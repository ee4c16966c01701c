/** Requests that were answered otherwise than the contract says, or that nobody could use. */
import { backup } from '../scene.ts';
import { created, type ReportedKind, scheduleOf } from './request.ts';

export const untold: ReportedKind = {
  title: 'what was not told',
  requests: [
    {
      title: 'the events of a schedule',
      path: ({ scheduleId }) => `/v1/schedules/${scheduleId}/events`,
      status: 200,
      says: /"reason":"ScheduleCreated"/,
    },
    {
      title: 'an alert after failures',
      ...created('0 5 * * *', { failurePolicy: { action: 'Alert', after: 2 } }),
      status: 201,
      says: /"failurePolicy":\{"action":"Alert","after":2\}/,
    },
    {
      title: 'how a schedule does',
      path: ({ scheduleId }) => `/v1/schedules/${scheduleId}`,
      status: 200,
      says: /"failuresInARow":0/,
    },
    {
      title: 'an application that was backed up',
      method: 'DELETE',
      path: ({ applicationInstanceId }) => `/v1/application-instances/${applicationInstanceId}`,
      status: 409,
      says: [/in-use/, /\d+ schedules?, .*1 Operation refer to it\. Retire it/],
    },
    {
      title: 'a cluster that was backed up',
      method: 'DELETE',
      path: ({ clusterId }) => `/v1/clusters/${clusterId}`,
      status: 409,
      says: [/in-use/, /1 application instance, 1 Operation refer to it\. Retire it/],
    },
    {
      title: 'what a resume would pass over',
      path: ({ suspendedScheduleId }) => `/v1/schedules/${suspendedScheduleId}/resume?dryRun=true`,
      body: { catchUp: 'Latest' },
      status: 200,
      says: [/"suspend":false/, /"skippedSlotCount":\d/],
    },
    {
      title: 'what a resume passed over',
      path: ({ suspendedScheduleId }) => `/v1/schedules/${suspendedScheduleId}/resume`,
      body: {},
      status: 200,
      says: [/"skippedSlotCount":4/, /"firstSkippedAt"/, /"note":"4 slots passed .* It fires next at/],
    },
  ],
};

export const contract: ReportedKind = {
  title: 'what broke the contract',
  requests: [
    {
      title: 'a dry run of a trigger',
      path: ({ scheduleId }) => `/v1/schedules/${scheduleId}/trigger?dryRun=true`,
      body: {},
      status: 200,
      says: /"phase":"Pending"/,
    },
    {
      title: 'the Operations of that dry run',
      path: ({ scheduleId }) => `/v1/operations?scheduleId=${scheduleId}`,
      status: 200,
      says: /"items":\[\]/,
    },
    {
      title: 'a parameter that nobody knows',
      path: ({ scheduleId }) => `/v1/schedules/${scheduleId}/suspend?dryRun=true`,
      body: {},
      status: 400,
      says: [/query\/dryRun/, /takes no query parameters/],
    },
    {
      title: 'a manifest',
      path: ({ operationId }) => `/v1/operations/${operationId}/manifest`,
      status: 200,
      says: [/^content-type: application\/json/m, /^\{"apiVersion"/m],
    },
    {
      title: 'a manifest as YAML',
      path: ({ operationId }) => `/v1/operations/${operationId}/manifest`,
      headers: { accept: 'application/yaml' },
      status: 200,
      says: [/^content-type: application\/yaml/m, /^apiVersion:/m],
    },
    {
      title: 'the documentation over plain http',
      path: '/docs/',
      key: null,
      status: 200,
      says: /^content-security-policy: default-src 'self'/m,
      saysNot: /upgrade-insecure-requests|^strict-transport-security/m,
    },
    { title: 'the newest first', path: '/v1/schedules?orderBy=-createdAt', status: 200, says: /"items":\[\{/ },
    {
      title: 'a bad name of a person, without a key',
      path: '/v1/schedules',
      headers: { 'x-on-behalf-of': 'x'.repeat(5_000) },
      key: null,
      status: 401,
    },
    {
      title: 'a bad name of a person, with a key',
      path: '/v1/schedules',
      headers: { 'x-on-behalf-of': 'x'.repeat(5_000) },
      status: 400,
      says: /header\/X-On-Behalf-Of/,
    },
    {
      title: 'a weak tag',
      method: 'PATCH',
      path: ({ scheduleId }) => `/v1/schedules/${scheduleId}`,
      headers: { 'if-match': 'W/"1"' },
      body: { spreadSeconds: 0 },
      status: 412,
      says: /stale-revision/,
    },
    {
      title: 'a list of tags',
      method: 'PATCH',
      path: ({ scheduleId }) => `/v1/schedules/${scheduleId}`,
      headers: { 'if-match': '"999", "1"' },
      body: { spreadSeconds: 0 },
      status: 200,
      says: /"spreadSeconds":0/,
    },
    {
      title: 'another method of a path',
      path: '/v1/schedules/preview',
      status: 405,
      says: [/^allow: .*POST/m, /method-not-allowed/],
    },
    { title: 'a bad id in a path', path: '/v1/schedules/x', status: 400, says: [/path\/id/, /must be a UUID/] },
    {
      title: 'a bad id in a body',
      path: '/v1/schedules',
      body: (ids) => ({ ...scheduleOf('0 2 * * *')(ids), applicationInstanceId: 'x' }),
      status: 400,
      says: [/"\/applicationInstanceId"/, /must be a UUID/],
    },
    {
      title: 'a name that an Operation has',
      path: '/v1/operations',
      body: (ids) => backup(ids, { name: 'reported' }),
      status: 409,
      says: [/already-exists/, /"\/name"/, /"existingId":"[0-9a-f-]{36}"/],
    },
  ],
};
