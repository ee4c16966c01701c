/**
 * The requests that people, generators, a fuzzer and an attacker sent from outside, and the answer that each must get
 * (test/api/reported). Each stands for a kind that has its own tests; here they are as they came, byte for byte over a
 * socket, so that nothing tidies a path or a header on the way.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { accessReader } from '../../src/kubernetes/access-reader.ts';
import { type Answer, assertProblem, startApi, type TestApi } from './harness.ts';
import { contract, untold } from './reported/contract.ts';
import { elsewhere } from './reported/elsewhere.ts';
import { expressions, retention, timeZones } from './reported/recurrences.ts';
import type { Ids, Reported } from './reported/request.ts';
import { scheduleOf } from './reported/request.ts';
import { stopped } from './reported/stopped.ts';
import { filters, tenants } from './reported/tenants.ts';
import { backup, setScene } from './scene.ts';

/** As an installation has it that allows no range. */
const reader = accessReader({ allowInsecureTls: false });
let api: TestApi;
let port = 0;
let ids: Ids;

before(async () => {
  api = await startApi({ readAccess: reader.readAccess });
  port = Number(new URL(await api.app.listen({ host: '127.0.0.1', port: 0 })).port);
  const scene = await setScene(api);
  const at = {
    clusterId: '',
    scheduleId: '',
    suspendedScheduleId: '',
    operationId: '',
    organizationId: '',
    apiKeyId: '',
  };
  const make = async (schedule: string) =>
    (await api.make('/v1/schedules', scheduleOf(schedule)({ ...at, ...scene }))).id;
  const suspendedScheduleId = await make('0 * * * *');
  await api.call('POST', `/v1/schedules/${suspendedScheduleId}/suspend`, { body: {} });
  const hourMs = 3_600_000;
  const first = new Date((Math.floor(Date.now() / hourMs) - 3) * hourMs).toISOString();
  await api.opened.pool.query('update schedule set next_slot_at = $2 where id = $1', [suspendedScheduleId, first]);
  const { items } = (await api.call('GET', '/v1/api-keys')).body;
  ids = {
    ...scene,
    suspendedScheduleId,
    scheduleId: await make('0 3 * * *'),
    operationId: (await api.make('/v1/operations', backup(scene, { name: 'reported' }))).operation.id,
    organizationId: (await api.make('/v1/organizations', { name: 'second' })).id,
    apiKeyId: items.find(({ scopes }: { scopes: string[] }) => scopes.includes('platform:admin')).id,
  };
});
after(async () => {
  await api.close();
  await reader.close();
});

/** The path goes out as it is written. */
async function send({ method, path, body, headers, key }: Reported): Promise<Answer> {
  const payload = body === undefined ? undefined : JSON.stringify(typeof body === 'function' ? body(ids) : body);
  const sent = request({
    ...{ host: '127.0.0.1', port, path: typeof path === 'string' ? path : path(ids) },
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(key === undefined && { authorization: `Bearer ${api.adminKey}` }),
      ...(payload !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
  });
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  sent.on('error', reject).on('response', async (response) => {
    const text = Buffer.concat(await response.toArray()).toString();
    const json = /json/.test(response.headers['content-type'] ?? '');
    resolve({
      status: response.statusCode ?? 0,
      headers: response.headers,
      text,
      body: json ? JSON.parse(text) : undefined,
    });
  });
  sent.end(payload);
  return promise;
}

for (const { title, requests } of [stopped, timeZones, retention, expressions, untold, contract, tenants, filters]) {
  describe(title, () => {
    for (const reported of requests) {
      test(`${reported.title}: ${reported.status}`, async () => {
        const answer = await send(reported);
        assert.equal(answer.status, reported.status, answer.text);
        if (answer.status >= 400) assertProblem(answer, answer.status);
        const head = Object.entries(answer.headers).map(([name, value]) => `${name}: ${String(value)}`);
        const whole = [...head, '', answer.text].join('\n');
        for (const said of [reported.says ?? []].flat()) assert.match(whole, said);
        if (reported.saysNot !== undefined) assert.doesNotMatch(whole, reported.saysNot);
      });
    }
  });
}

test('what needs more than one request is sent by the test that is named for it', async () => {
  for (const { what, file, test: title } of elsewhere) {
    const text = await readFile(new URL(`../../${file}`, import.meta.url), 'utf8');
    assert.ok(text.includes(title), `${what}: ${file} has no test "${title}"`);
  }
});
