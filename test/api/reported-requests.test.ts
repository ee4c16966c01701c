/**
 * The requests that people, generators, a fuzzer and an attacker sent from outside, and the answer that each must get.
 * Each stands for a kind that has its own tests; here they are as they came.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { accessReader } from '../../src/kubernetes/access-reader.ts';
import { assertProblem, startApi, type TestApi } from './harness.ts';
import { access, backup, type Scene, setScene } from './scene.ts';

interface Reported {
  readonly title: string;
  readonly method?: 'GET' | 'PATCH' | 'DELETE';
  readonly path: string | (() => string);
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Without it the admin's. `null`: none. */
  readonly key?: null;
  readonly status: number;
  /** Of the whole answer. */
  readonly says?: RegExp;
  readonly saysNot?: RegExp;
}

/** As an installation has it that allows no range. */
const reader = accessReader({ allowInsecureTls: false });
let api: TestApi;
let scene: Scene;
let scheduleId = '';
let operationId = '';
let organizationId = '';

before(async () => {
  api = await startApi({ readAccess: reader.readAccess });
  scene = await setScene(api);
  scheduleId = (await api.make('/v1/schedules', scheduleOf('0 3 * * *'))).id;
  operationId = (await api.make('/v1/operations', backup(scene))).operation.id;
  organizationId = (await api.make('/v1/organizations', { name: 'second' })).id;
});
after(async () => {
  await api.close();
  await reader.close();
});

let nameCount = 0;
function scheduleOf(schedule: string, more: object = {}): object {
  nameCount += 1;
  const { applicationInstanceId } = scene;
  return { applicationInstanceId, name: `reported-${nameCount}`, schedule, ...more };
}

type Asked = Pick<Reported, 'path' | 'body'>;
const created = (schedule: string, more: object = {}): Asked => ({
  path: '/v1/schedules',
  body: () => scheduleOf(schedule, more),
});
const previewed = (schedule: string, more: object = {}): Asked => ({
  path: '/v1/schedules/preview',
  body: () => scheduleOf(schedule, more),
});
const forecast = (schedule: string, ttl = '24h'): Asked => ({
  path: '/v1/retention/forecast',
  body: { schedules: [{ schedule, ttl }] },
});
const registered = (more: object): Asked => ({ path: '/v1/clusters', body: { name: 'reported', ...access, ...more } });

function answered(title: string, requests: readonly Reported[]): void {
  describe(title, () => {
    for (const { title, method, path, body, status, says, saysNot, ...sent } of requests) {
      test(`${title}: ${status}`, async () => {
        const payload = typeof body === 'function' ? body() : body;
        const to = typeof path === 'string' ? path : path();
        const answer = await api.call(method ?? (body === undefined ? 'GET' : 'POST'), to, {
          ...sent,
          ...(body !== undefined && { body: payload }),
        });
        assert.equal(answer.status, status, answer.text);
        if (status >= 400) assertProblem(answer, status);
        if (says !== undefined) assert.match(answer.text, says);
        if (saysNot !== undefined) assert.doesNotMatch(answer.text, saysNot);
      });
    }
  });
}

answered('what stopped everything', [
  { title: 'three digits in a field', ...forecast('000 2 * * *'), status: 422, says: /schedule/ },
  { title: 'three digits in every hour', ...forecast('000 * * * *'), status: 422, says: /schedule/ },
  {
    title: 'the year 0',
    path: () => `/v1/schedules/${scheduleId}/fires?from=0000-01-01T00:00:00Z`,
    status: 400,
    says: /from/,
  },
  {
    title: 'a start in the year 0',
    ...created('0 2 * * *', { startsAt: '0000-01-01T00:00:00Z' }),
    status: 422,
    says: /startsAt/,
  },
  {
    title: 'the end of time',
    path: '/v1/schedules/preview',
    body: () => ({ ...scheduleOf(''), schedule: undefined, at: '9999-12-31T23:59:59Z' }),
    status: 422,
    says: /\/at/,
  },
  {
    title: 'the end of time, spread',
    path: '/v1/schedules',
    body: () => ({ ...scheduleOf(''), schedule: undefined, at: '9999-12-31T23:59:59Z', spreadSeconds: 60 }),
    status: 422,
    says: /\/at/,
  },
  {
    title: 'a name that is taken',
    method: 'PATCH',
    path: () => `/v1/organizations/${organizationId}`,
    body: { name: 'other' },
    status: 409,
    says: /already-exists/,
  },
  { title: 'a way out of the folder', path: '/docs/static/%2e%2e%2f%2e%2e', key: null, status: 404 },
]);

answered('what was said wrong, or not', [
  ...['BST', 'IST', 'CST', 'AST'].map((timeZone) => ({
    title: timeZone,
    ...created('0 2 * * *', { timeZone }),
    status: 422,
    says: /timeZone/,
  })),
  {
    title: 'a zone in small letters',
    ...created('0 2 * * *', { timeZone: 'europe/berlin' }),
    status: 201,
    says: /"Europe\/Berlin"/,
  },
  {
    title: 'a ttl as Velero prints it',
    ...created('0 4 * * *', { ttl: '720h0m0s' }),
    status: 201,
    says: /"ttl":"720h"/,
  },
  {
    title: 'a night of one hour',
    ...created('0 1,2 * * *', { ttl: '2h' }),
    status: 201,
    says: /"warnings":\[.*without any copy/,
  },
  { title: 'the 31st', ...created('0 0 31 * *'), status: 201, says: /"warnings":\[.*\b7\b/ },
  { title: 'both day fields', ...created('0 2 1-7 * 1'), status: 201, says: /"warnings":\[.*(either|or)/ },
  { title: 'each minute for a month', ...created('* * * * *', { ttl: '720h' }), status: 201, says: /43,?200/ },
  { title: 'the 32nd', ...created('0 2 32 * *'), status: 422, says: /day of (the )?month/i, saysNot: /Invalid value/ },
  { title: 'every six hours', ...created('@every 6h'), status: 422, says: /0 \*\/6 \* \* \*/ },
  { title: 'a zone before the fields', ...created('TZ=Europe/Berlin 0 2 * * *'), status: 422, says: /timeZone/ },
  { title: 'six fields', ...created('0 0 2 * * *'), status: 422, says: /five/ },
  { title: 'a trailing blank and a tab', ...created('0\t2 * * * '), status: 201 },
  { title: 'a macro in capitals', ...created('@Daily'), status: 201 },
  { title: 'a step from a number', ...previewed('0/15 * * * *'), status: 200, says: /:15:00/ },
  { title: 'the last day of the month', ...previewed('0 2 L * *'), status: 200 },
  { title: 'Mondays, with a step of one', ...created('0 3 */1 * 1'), status: 201 },
  {
    title: 'a part of the retention of a class',
    method: 'PATCH',
    path: () => `/v1/application-classes/${scene.applicationClassId}`,
    body: { retention: { daily: '48h' } },
    status: 200,
    says: /"hourly":"24h"/,
  },
  { title: 'the events of a schedule', path: () => `/v1/schedules/${scheduleId}/events`, status: 200 },
  {
    title: 'what was backed up',
    method: 'DELETE',
    path: () => `/v1/application-instances/${scene.applicationInstanceId}`,
    status: 409,
    says: /retire/,
  },
]);

answered('what broke the contract', [
  {
    title: 'a dry run of a trigger',
    path: () => `/v1/schedules/${scheduleId}/trigger?dryRun=true`,
    body: {},
    status: 200,
  },
  {
    title: 'a parameter that nobody knows',
    path: () => `/v1/schedules/${scheduleId}/suspend?dryRan=true`,
    body: {},
    status: 400,
    says: /dryRan/,
  },
  { title: 'a manifest', path: () => `/v1/operations/${operationId}/manifest`, status: 200, says: /^\{"apiVersion"/ },
  {
    title: 'a manifest as YAML',
    path: () => `/v1/operations/${operationId}/manifest`,
    headers: { accept: 'application/yaml' },
    status: 200,
    says: /^apiVersion:/,
  },
  {
    title: 'a weak tag',
    method: 'PATCH',
    path: () => `/v1/schedules/${scheduleId}`,
    headers: { 'if-match': 'W/"1"' },
    body: { spreadSeconds: 0 },
    status: 412,
  },
  { title: 'another method of a path', path: '/v1/schedules/preview', status: 405 },
  {
    title: 'a bad name of a person, without a key',
    path: '/v1/schedules',
    headers: { 'x-on-behalf-of': 'x'.repeat(5_000) },
    key: null,
    status: 401,
  },
]);

const flood = `apiVersion: v1\nkind: Config\nclusters: {${Array.from({ length: 20_000 }, (_, index) => `a${index}`).join(',')}}\n`;

answered('what one tenant could do to all', [
  { title: 'a kubeconfig of bare keys', path: '/v1/clusters', body: { name: 'flood', kubeconfig: flood }, status: 422 },
  {
    title: 'a password in the address',
    ...registered({ server: 'https://user:secret@10.0.0.9:6443' }),
    status: 422,
    saysNot: /secret/,
  },
  {
    title: 'a query in the address',
    ...registered({ server: 'https://10.0.0.9:6443?tok=hidden' }),
    status: 422,
    saysNot: /hidden/,
  },
  {
    title: 'a fragment in the address',
    ...registered({ server: 'https://10.0.0.9:6443#hidden' }),
    status: 422,
    saysNot: /hidden/,
  },
  { title: 'an authority that is none', ...registered({ ca: 'garbage' }), status: 422, says: /\/ca/ },
  { title: 'loopback', ...registered({ server: 'https://127.0.0.1:5432' }), status: 422, says: /server/ },
  { title: 'loopback by name', ...registered({ server: 'https://localhost:5432' }), status: 422, says: /server/ },
  {
    title: 'loopback as IPv6',
    ...registered({ server: 'https://[::ffff:127.0.0.1]:5432' }),
    status: 422,
    says: /server/,
  },
  { title: 'the metrics on the address of the API', path: '/metrics', key: null, status: 404 },
]);
